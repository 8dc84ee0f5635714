"""The sentences that several stories use, made from the tables of a run.

A cell is trained once every one of its models has been evaluated after training steps.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.at_initialisation import medians_at_initialisation
from models.analysis.gradient_profile import half_life_predicate
from models.analysis.statistics import latest, median_over_seeds, summarise
from models.analysis.words import capitalise, count, join_words, of_all, with_article
from models.experiment import Experiment

NOT_YET = "Nothing has been trained yet."
"""The sentence for a run in which no cell is trained."""


def half_lives(
    subject: str, diagnostics: pd.DataFrame, cells: Sequence[str], length: int, state: str = "h"
) -> str:
    """The half-lives at initialisation: "The gradient halves every 6 steps for the RNN. It is …".

    ``subject`` is "The gradient", ``state`` h or c. Cells without rows are left out: they do not
    have this state, or were not measured yet. Where there are no rows, that is what is said.
    """
    medians = medians_at_initialisation(diagnostics, f"half_life_{state}", length)
    of_cells: dict[Hashable, Any] = medians.to_dict("index")
    rates: dict[str, list[str]] = {}
    for cell in (cell for cell in cells if cell in of_cells):
        verb, _, rate = half_life_predicate(of_cells[cell]["median"]).partition(" every ")
        of_cell = f"for {with_article(cell)}{_out_of(of_cells[cell])}"
        rates.setdefault(verb, []).append(f"every {rate} " * bool(rate) + of_cell)
    if not rates:
        return f"{subject} could not be measured."
    subjects = [subject, *["It"] * (len(rates) - 1)]
    sentences = zip(subjects, rates.items(), strict=True)
    return " ".join(f"{who} {verb} {join_words(words)}." for who, (verb, words) in sentences)


def _out_of(median: Mapping[Hashable, Any]) -> str:
    """The number of models that a median is of, where it is not of all."""
    measured, models = int(median["known"]), int(median["models"])
    return f" (known of {of_all(measured, models, 'model')})" if 0 < measured < models else ""


def lengths_solved(accuracy: pd.DataFrame, cell: str) -> list[int]:
    """The lengths that more than half of a cell's seeds have solved at their latest evaluation."""
    rows = summarise(accuracy[accuracy["cell"] == cell])
    return [int(length) for length in rows.loc[2 * rows["solved"] > rows["seeds"], "length"]]


def reach(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """The longest length that most seeds of each trained cell solved, in one to three sentences."""
    cells = present(experiment, accuracy)
    longest = {cell: max(lengths_solved(accuracy, cell), default=0) for cell in cells}
    named = {
        length: join_words([with_article(cell) for cell in cells if longest[cell] == length])
        for length in sorted(set(longest.values()))
    }
    if len(named) == 1 < len(cells):
        named = dict.fromkeys(named, "every cell")
    none, some = named.pop(0, ""), named
    when, later = after(experiment, accuracy), not_trained_yet(experiment, cells)
    if not some:
        return f"{when}, most seeds of {none} solve none of the lengths. {later}".rstrip()
    reached = join_words([f"{length} for {names}" for length, names in some.items()])
    text = f"{when}, the longest length that most seeds solve is {reached}."
    text += f" Most seeds of {none} solve none." if none else ""
    return f"{text} {later}".rstrip()


def after(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """The beginning of a sentence about training: "After 300 steps", "After 20 of 300 steps"."""
    step = int(latest(accuracy)["step"].min())
    if step < experiment.steps:
        return f"After {of_all(step, experiment.steps, 'step')}"
    return f"After {count(step, 'step')}"


def not_trained_yet(experiment: Experiment, cells: Sequence[str]) -> str:
    """The cells of the experiment that are not among these, in a sentence; else empty."""
    waiting = [with_article(cell) for cell in experiment.cells if cell not in cells]
    verb = "is" if len(waiting) == 1 else "are"
    return f"{capitalise(join_words(waiting))} {verb} not trained yet." if waiting else ""


def divergence(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """How many models of which cells diverged, in a sentence."""
    groups = latest(accuracy).groupby("cell")["diverged"]
    lost = []
    for cell in present(experiment, accuracy):
        models = groups.get_group(cell).astype(bool)
        if models.any():
            lost.append(f"{of_all(models.sum(), len(models), 'model')} of {with_article(cell)}")
    return f"{join_words(lost) or 'No model'} diverged."


def after_training(
    diagnostics: pd.DataFrame, cells: Sequence[str], diagnostic: str, length: int
) -> pd.DataFrame:
    """``median_over_seeds`` of a diagnostic after training, with the cell as the index.

    The latest step after step 0 counts.
    """
    rows = diagnostics[
        (diagnostics["diagnostic"] == diagnostic)
        & (diagnostics["length"] == length)
        & diagnostics["cell"].isin(cells)
    ]
    return median_over_seeds(latest(rows).query("step > 0"), ["cell"]).set_index("cell")


def values(subject: str, medians: pd.DataFrame, cells: Sequence[str]) -> str:
    """Values by cell: "The radius is 0.50 for the RNN. It could not be measured for the GRU.".

    ``subject`` is "The radius is"; ``medians`` are by cell. Empty where no cell has a value.
    """
    measured: dict[Hashable, Any] = medians[np.isfinite(medians["median"])].to_dict("index")
    of_cells = [
        f"{measured[cell]['median']:.2f} for {with_article(cell)}{_out_of(measured[cell])}"
        for cell in cells
        if cell in measured
    ]
    if not of_cells:
        return ""
    others = [cell for cell in cells if cell in medians.index and cell not in measured]
    text = f"{subject} {join_words(of_cells)}."
    names = join_words([*map(with_article, others)])
    return text + (f" It could not be measured for {names}." if others else "")


def present(experiment: Experiment, accuracy: pd.DataFrame) -> list[str]:
    """The cells of the table in the experiment's order."""
    rows = set(accuracy["cell"])
    return [cell for cell in experiment.cells if cell in rows]
