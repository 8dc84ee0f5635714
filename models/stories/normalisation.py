"""Layer norm and batch norm inside the recurrence."""

from __future__ import annotations

import pandas as pd

from models.cells import make_cell
from models.experiment import Experiment
from models.presets import Preset
from models.results.memory_span import DIVERGED, memory_spans
from models.stories.numbers import finished, half_lives, longest_solved, present, reach, the
from models.stories.story import Story, Tables


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
            best = max(normalised, key=lambda cell: longest_solved(accuracy, cell))
            told.append(f"The notes say that {norm} norm {notes}. {_gain(accuracy, best, plain)}")
    return " ".join(told)


def _gain(accuracy: pd.DataFrame, best: str, plain: str) -> str:
    """What a normalised cell solves against the plain one."""
    gained = longest_solved(accuracy, best) - longest_solved(accuracy, plain)
    seen = "helps" if gained > 0 else "hurts" if gained < 0 else "makes no difference"
    spans = memory_spans(accuracy).set_index("cell")["text"].replace(DIVERGED, "none")
    return (
        f"Here it {seen}, by the lengths solved; the memory span is {spans[best]} for {the(best)} "
        f"and {spans[plain]} for {the(plain)}."
    )


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
        _preset("normalisation", "Simple RNN", "The cell that needs it most.", "rnn", (10, 20, 50)),
        _preset(
            "normalisation_lstm",
            "LSTM",
            "The cell that the papers normalise.",
            "lstm",
            (20, 50, 100),
        ),
    ),
    says=says,
)
