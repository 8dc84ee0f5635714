"""The copy task: an LSTM that stays at the loss of guessing, and nets of 10,000 parameters."""

from __future__ import annotations

from models.experiment import Experiment
from models.published.measures import accuracy_by_length, falls_below, final_loss
from models.published.published import READ, UNCHECKED, Comparison, PublishedResult, Source

COPIED: tuple[tuple[str, str, str, Source], ...] = (
    ("rnn", "tanh RNN", "", ""),
    ("lstm", "LSTM", "not solved in 20,000 steps", UNCHECKED),
)

ARJOVSKY_COPY = PublishedResult(
    name="arjovsky_copy",
    title="Copy over 100 steps",
    references=("arjovsky2016",),
    found="An LSTM with RMSprop at 0.001 does not learn to repeat ten symbols after 100 steps.",
    differs="Batches of 20, fresh sequences, 40 units for both cells, gradient components cut off "
    "at 1. The loss of guessing is 10 ln 8 / 120 = 0.173.",
    experiments=(
        Experiment(
            task="copy",
            cells=("rnn", "lstm"),
            lengths=(100,),
            seeds=1,
            steps=20_000,
            hidden_size=40,
            batch_size=20,
            learning_rate=(0.001,),
            optimiser="rmsprop:decay=0.9",
            clip_by="value",
            evaluate_every=1000,
        ),
    ),
    comparisons=tuple(
        Comparison(f"{title}: cross-entropy", final_loss(cell, 100), published, source)
        for cell, title, published, source in COPIED
    ),
)

BAI_COPY = PublishedResult(
    name="bai_copy",
    title="Copy with 10,000 parameters",
    references=("bai2018",),
    found="Figure 5: nets of 10,000 parameters, accuracy on the last ten symbols. The LSTM falls "
    "below 20% for T < 50, the GRU for T < 200.",
    differs="The paper's optimiser, rate and number of steps of this figure are not known here: "
    "RMSprop at 0.001, batches of 32, clipping at norm 1, one seed. With fewer steps accuracy "
    "falls at shorter lengths.",
    experiments=(
        Experiment(
            task="copy",
            cells=("lstm", "gru"),
            lengths=(5, 10, 20, 30, 50, 100),
            seeds=1,
            steps=20_000,
            hidden_size=44,
            match="parameters",
            learning_rate=(0.001,),
            optimiser="rmsprop:decay=0.9",
            evaluate_every=1000,
        ),
    ),
    comparisons=(
        Comparison("LSTM falls below 20%", falls_below("lstm", 0.2), "at some T < 50", READ),
        Comparison("GRU falls below 20%", falls_below("gru", 0.2), "at some T < 200", READ),
        Comparison("LSTM: accuracy", accuracy_by_length("lstm")),
        Comparison("GRU: accuracy", accuracy_by_length("gru")),
    ),
)
