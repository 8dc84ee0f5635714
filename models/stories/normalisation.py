"""Layer norm and batch norm inside the recurrence."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models.analysis.memory_span import DIVERGED, memory_spans
from models.cells import make_cell
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.numbers import finished, half_lives, present, reach, the
from models.stories.story import Story, Tables

MARGIN = 1.2
"""Memory spans nearer to each other than this factor are alike."""


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    subject = f"At birth, T = {longest}, the gradient"
    told = [half_lives(subject, tables["diagnostics"], experiment.cells, longest)]
    accuracy = finished(tables["accuracy"])
    if accuracy.empty:
        return told[0]
    told.append(reach(experiment, accuracy))
    cells = present(experiment, accuracy)
    plain = next((cell for cell in cells if make_cell(cell).norm == "none"), None)
    for norm, notes in (("batch", "helps little"), ("layer", "does help")):
        normalised = [cell for cell in cells if make_cell(cell).norm == norm]
        if plain and normalised:
            gain = _gain(accuracy, normalised, plain)
            told.append(f"The notes say that {norm} norm {notes}. Here it {gain}.")
    return " ".join(told)


def _gain(accuracy: pd.DataFrame, normalised: Sequence[str], plain: str) -> str:
    """How far the best of the normalised cells remembers, against the plain one."""
    spans = memory_spans(accuracy).set_index("cell")
    span, text = spans["span"].fillna(0), spans["text"].replace(DIVERGED, "none")
    best = max(normalised, key=lambda cell: float(span[cell]))
    helps, hurts = span[best] > MARGIN * span[plain], span[plain] > MARGIN * span[best]
    seen = "helps" if helps else "hurts" if hurts else "makes no difference"
    return f"{seen}: the memory span is {text[best]} for {the(best)} and {text[plain]} without"


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
    opens="birth",
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
    says=says,
)
