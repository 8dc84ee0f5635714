"""Remembering the first input: the latch problem of 1994, and the palindrome."""

from __future__ import annotations

from models.experiment import Experiment
from models.published.hochreiter import CLOSED_1997, ONLINE
from models.published.measures import gives_up, sequences_until_solved
from models.published.published import READ, Comparison, PublishedResult

BENGIO_LATCH = PublishedResult(
    name="bengio_latch",
    title="The latch problem of 1994",
    references=("bengio1994", "hochreiter1997"),
    found="One number a step: the first is 1 or -1, all others are noise, and the answer is the "
    "sign of the first. Bengio et al. 1994 show that gradient descent has a hard time with it; "
    "with the LSTM of 1997 it takes 64,330 sequences of 100 steps (experiment 3a with one signal "
    "step, to a mean error of 0.01).",
    differs="Here every sequence has exactly T steps, four units share no gates, the LSTM's input "
    "gates start nearly closed, and the loss is cross-entropy; solved is 99% right and not a mean "
    "error below 0.01, which comes later. The simple RNN starts with orthogonal weights, which "
    "neither shrink nor grow a state. Of Bengio et al. no number is known here.",
    experiments=(
        Experiment(
            task="recall:classes=2,distractors=noise,inputs=scalar",
            cells=("rnn", CLOSED_1997),
            lengths=(10, 20, 50, 100),
            seeds=3,
            steps=40_000,
            hidden_size=4,
            batch_size=1,
            learning_rate=(0.5,),
            optimiser=ONLINE,
            evaluate_every=1000,
        ),
    ),
    comparisons=(
        Comparison(
            "LSTM without forget gate, T = 100: sequences until solved",
            sequences_until_solved(CLOSED_1997, 100, 64_330),
            "64,330",
            READ,
        ),
        Comparison("LSTM without forget gate", gives_up(CLOSED_1997)),
        Comparison("simple RNN", gives_up("rnn")),
    ),
)

PALINDROME = PublishedResult(
    name="palindrome",
    title="The palindrome: which digit came first?",
    references=(),
    found="A course's exercise: of a palindrome of digits, one number a step, say the last digit, "
    "which is the first. A simple RNN and an LSTM of 128 units with RMSprop at 0.001.",
    differs="There is no paper and no number. Here all digits after the first are random, as is "
    "all that a net sees of a palindrome's first half, and they are evenly spaced from -1 to 1; "
    "batches of 128, clipping at norm 1, one seed.",
    experiments=(
        Experiment(
            task="recall:classes=10,distractors=same,inputs=scalar",
            cells=("rnn", "lstm"),
            lengths=(5, 10, 15, 20, 30, 50),
            seeds=1,
            steps=3000,
            hidden_size=128,
            batch_size=128,
            learning_rate=(0.001,),
            optimiser="rmsprop",
            evaluate_every=250,
        ),
    ),
    comparisons=(
        Comparison("simple RNN gives up", gives_up("rnn")),
        Comparison("LSTM gives up", gives_up("lstm")),
    ),
)
