"""Layer norm and batch norm inside the recurrence."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from models.analysis.memory_span import DIVERGED, memory_spans
from models.analysis.words import join_words, with_article
from models.cells import make_cell
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.numbers import after, finished, half_lives, not_trained_yet, present
from models.stories.story import Story, Tables

Span: TypeAlias = Mapping[Hashable, Any]
Spans: TypeAlias = Mapping[Hashable, Span]
"""Rows of ``memory_spans``, by cell."""

MARGIN = 1.2
"""Memory spans nearer to each other than this factor are alike."""
JUDGED = ("helps", "makes no difference", "hurts", "cannot be judged at these lengths")


def conclusion(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    subject = f"At initialisation, T = {longest}, the gradient"
    at_first = half_lives(subject, tables["diagnostics"], experiment.cells, longest)
    accuracy = finished(tables["accuracy"])
    if accuracy.empty:
        return at_first
    spans: Spans = memory_spans(accuracy).set_index("cell").to_dict("index")
    cells = present(experiment, accuracy)
    sentences = [at_first, _spans(experiment, accuracy, spans), not_trained_yet(experiment, cells)]
    plain = next((cell for cell in cells if make_cell(cell).norm == "none"), None)
    for norm, effect in (("batch", "help little"), ("layer", "help")):
        normalised = [cell for cell in cells if make_cell(cell).norm == norm]
        if plain and normalised:
            verdict = _verdict(spans, normalised, plain)
            sentences.append(f"{norm.title()} norm is expected to {effect}. Here it {verdict}.")
    return " ".join(filter(None, sentences))


def _spans(experiment: Experiment, accuracy: pd.DataFrame, spans: Spans) -> str:
    """The memory span of each cell, on which the verdicts rest."""
    texts = {cell: span["text"].replace(DIVERGED, "none") for cell, span in spans.items()}
    of_cells = [f"{texts[cell]} for {with_article(cell)}" for cell in present(experiment, accuracy)]
    return f"{after(experiment, accuracy)} the memory span is {join_words(of_cells)}."


def _verdict(spans: Spans, normalised: Sequence[str], plain: str) -> str:
    """Which normalised cells remember further than the plain one, and which do not."""
    judged = {cell: _compare(spans[cell], spans[plain]) for cell in normalised}
    found = {word: [cell for cell in normalised if judged[cell] == word] for word in JUDGED}
    return join_words(
        [f"{word} for {join_words([*map(with_article, of)])}" for word, of in found.items() if of]
    )


def _compare(span: Span, plain: Span) -> str:
    """One of JUDGED, by the memory spans as they are shown: a bound says no more than it does."""
    (low, high), (plain_low, plain_high) = _known(span), _known(plain)
    if low > MARGIN * plain_high:
        return "helps"
    if plain_low > MARGIN * high:
        return "hurts"
    alike = high <= MARGIN * plain_low and plain_high <= MARGIN * low
    return "makes no difference" if alike else "cannot be judged at these lengths"


def _known(span: Span) -> tuple[float, float]:
    """Between which lengths a memory span lies; 0 where every model has diverged."""
    if span["text"] == DIVERGED:
        return 0.0, 0.0
    shown = float(round(span["span"]))
    bounds = {"<": (0.0, shown), ">": (shown, math.inf)}
    return bounds.get(span["bound"], (shown, shown))


def _preset(name: str, title: str, lesson: str, plain: str, lengths: tuple[int, ...]) -> Preset:
    cells = tuple(
        f"{plain}:{options}".removesuffix(":")
        for options in ("", "norm=batch", "gamma=0.1,norm=batch", "norm=layer")
    )
    experiment = Experiment(cells=cells, lengths=lengths, steps=300, learning_rate=(0.01,))
    return Preset(name, title, lesson, experiment)


STORY = Story(
    name="normalisation",
    title="Layer norm and batch norm",
    statement="Inside a recurrence batch normalisation helps little; layer normalisation does "
    "help.",
    text="Normalising keeps pre-activations where the activation has a slope. Batch norm needs "
    "statistics of every time step by itself. Cooijmans et al. start its scale at γ = 0.1, out of "
    "saturation, and saw the gradient carried almost level; where every step brings an input, as "
    "here, input and state are normalised to the same size, so each new state is half made of the "
    "newest input and the past fades by about 1/√2 a step at any small γ. Layer norm needs no "
    "batch: each sequence is normalised over its units.",
    source="Cooijmans et al. 2016, section 4 and figure 1; Ba, Kiros & Hinton 2016",
    opens="initialisation",
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
    conclusion=conclusion,
)
