"""Layer norm and batch norm inside the recurrence: which of them helps a cell to remember."""

from __future__ import annotations

import pandas as pd

from models.analysis.memory_span import DIVERGED, memory_spans, span_in_words
from models.analysis.statistics import trained
from models.analysis.words import join_words, with_article
from models.claims.normalisation import BATCH_NORM, LAYER_NORM
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import after, half_lives, not_trained_yet, present
from models.stories.story import Step, Story, Tables


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest = experiment.lengths[-1]
    subject = f"At initialisation, T = {longest}, the gradient"
    at_first = half_lives(subject, tables["diagnostics"], experiment.cells, longest)
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return at_first
    waiting = not_trained_yet(experiment, present(experiment, accuracy))
    sentences = [at_first, _spans(experiment, accuracy), waiting]
    return " ".join(filter(None, sentences))


def _spans(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """The memory span of each cell in a sentence."""
    spans = memory_spans(accuracy).replace({"text": {DIVERGED: "none"}}).set_index("cell")
    rows = spans.to_dict("index")
    of_cells = [
        f"{span_in_words(rows[cell])} for {with_article(cell)}"
        for cell in present(experiment, accuracy)
    ]
    return f"{after(experiment, accuracy)}, the memory span is {join_words(of_cells)}."


def _preset(name: str, title: str, lesson: str, cell: str, lengths: tuple[int, ...]) -> Preset:
    cells = tuple(
        f"{cell}:{options}".removesuffix(":")
        for options in ("", "norm=batch", "gamma=0.1,norm=batch", "norm=layer")
    )
    experiment = Experiment(cells=cells, lengths=lengths, steps=300, learning_rate=(0.01,))
    return Preset(name, title, lesson, experiment)


STORY = Story(
    name="normalisation",
    title="Layer norm and batch norm",
    claims=(BATCH_NORM, LAYER_NORM),
    text="Normalisation keeps pre-activations where the activation has a slope. Batch "
    "normalisation needs separate statistics for every time step. Cooijmans et al. start its "
    "scale at γ = 0.1, which avoids saturation, and found that the gradient then stays almost "
    "level. Here every step brings an input, and input and state are normalised to the same "
    "size. Half of each new state therefore comes from the newest input, and the past fades by "
    "about 1/√2 per step for any small γ. Layer normalisation needs no batch: each sequence is "
    "normalised over its units.",
    source="Cooijmans et al. 2016, section 4 and figure 1; Ba, Kiros & Hinton 2016",
    presets=(
        _preset(
            "normalisation_lstm",
            "LSTM",
            "The cell that the papers normalise.",
            "lstm",
            (20, 50, 100),
        ),
        _preset("normalisation", "Simple RNN", "The cell that needs it most.", "rnn", (10, 20, 50)),
    ),
    steps=(
        Step(
            "The LSTM without normalisation, and normalised in three ways. Which line stays "
            "highest on the left?",
            "initialisation",
            100,
        ),
        Step(
            "The simple RNN: with layer norm the gradient stays level, with batch norm it does "
            "not.",
            "initialisation",
            50,
            preset=1,
        ),
        Step(
            "During training: the heat map of the RNN with layer norm. A gradient that reaches "
            "the first step is necessary for memory, but not sufficient.",
            "training",
            50,
            preset=1,
            cell="rnn:norm=layer",
        ),
    ),
    conclusion=conclusion,
)
