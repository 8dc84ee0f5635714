"""Numbers that stories speak of, from the tables of a run, and sentences made of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.at_initialisation import medians_at_initialisation
from models.analysis.gradient_profile import half_life_predicate
from models.analysis.statistics import latest, median_over_seeds, summarise, trained
from models.analysis.words import capitalise, count, join_words, of_all, with_article
from models.experiment import Experiment

NOT_YET = "Nothing is trained yet."


def half_lives(
    subject: str, diagnostics: pd.DataFrame, cells: Sequence[str], length: int, state: str = "h"
) -> str:
    """Sentences, such as "The gradient halves every 6 steps for the RNN. It is level for the GRU.".

    ``subject`` is "The gradient". Cells without rows are left out: they do not have this state, or
    were not measured yet. Where nothing was measured it is the end of the story.
    """
    medians = medians_at_initialisation(diagnostics, f"half_life_{state}", length)
    of_cells: dict[Hashable, Any] = medians.to_dict("index")
    rates: dict[str, list[str]] = {}
    for cell in (cell for cell in cells if cell in of_cells):
        verb, _, rate = half_life_predicate(of_cells[cell]["median"]).partition(" every ")
        of_cell = f"for {with_article(cell)}{_known(of_cells[cell])}"
        rates.setdefault(verb, []).append(f"every {rate} " * bool(rate) + of_cell)
    if not rates:
        return f"{subject} could not be measured."
    subjects = [subject, *["It"] * (len(rates) - 1)]
    sentences = zip(subjects, rates.items(), strict=True)
    return " ".join(f"{who} {verb} {join_words(words)}." for who, (verb, words) in sentences)


def _known(median: Mapping[Hashable, Any]) -> str:
    """Of how many models a median is, where it is not of all."""
    known, models = int(median["known"]), int(median["models"])
    return f" (known of {of_all(known, models, 'model')})" if 0 < known < models else ""


def longest_solved(accuracy: pd.DataFrame, cell: str) -> int:
    """The longest length that more than half of the cell's seeds solved; 0 where there is none."""
    return max(lengths_solved(accuracy, cell), default=0)


def lengths_solved(accuracy: pd.DataFrame, cell: str) -> list[int]:
    """The lengths that more than half of the cell's seeds solved at the end."""
    rows = summarise(accuracy[accuracy["cell"] == cell])
    return [int(length) for length in rows.loc[2 * rows["solved"] > rows["seeds"], "length"]]


def reach(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """The longest length that most seeds of each cell solved, in one or two sentences."""
    cells = present(experiment, accuracy)
    longest = {cell: longest_solved(accuracy, cell) for cell in cells}
    named = {
        length: join_words([with_article(cell) for cell in cells if longest[cell] == length])
        for length in sorted(set(longest.values()))
    }
    if len(named) == 1 < len(cells):
        named = dict.fromkeys(named, "every cell")
    none, some = named.pop(0, ""), named
    when, later = after(experiment, accuracy), not_trained_yet(experiment, cells)
    if not some:
        return f"{when} most seeds of {none} solve none of the lengths. {later}".rstrip()
    reached = join_words([f"{length} for {names}" for length, names in some.items()])
    text = f"{when} the longest length that most seeds solve is {reached}."
    text += f" Most seeds of {none} solve none." if none else ""
    return f"{text} {later}".rstrip()


def after(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """How far the training is: "After 300 steps", "After 20 of 300 steps"."""
    step = int(latest(accuracy)["step"].min())
    if step < experiment.steps:
        return f"After {of_all(step, experiment.steps, 'step')}"
    return f"After {count(step, 'step')}"


def not_trained_yet(experiment: Experiment, cells: Sequence[str]) -> str:
    """Which of the experiment's cells are not among these, as a sentence; else empty."""
    waiting = [with_article(cell) for cell in experiment.cells if cell not in cells]
    verb = "is" if len(waiting) == 1 else "are"
    return f"{capitalise(join_words(waiting))} {verb} not trained yet." if waiting else ""


def divergence(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """How many models of which cells diverged, as a sentence."""
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
    """``median_over_seeds`` at the latest step after the first, by cell."""
    rows = diagnostics[
        (diagnostics["diagnostic"] == diagnostic)
        & (diagnostics["length"] == length)
        & diagnostics["cell"].isin(cells)
    ]
    return median_over_seeds(latest(rows).query("step > 0"), ["cell"]).set_index("cell")


def values(subject: str, medians: pd.DataFrame, cells: Sequence[str]) -> str:
    """A sentence such as "The radius is 0.50 for the RNN. It could not be measured for the GRU.".

    ``subject`` is "The radius is"; ``medians`` are by cell. Empty where no cell has rows.
    """
    known: dict[Hashable, Any] = medians[np.isfinite(medians["median"])].to_dict("index")
    of_cells = [
        f"{known[cell]['median']:.2f} for {with_article(cell)}{_known(known[cell])}"
        for cell in cells
        if cell in known
    ]
    if not of_cells:
        return ""
    unknown = [with_article(cell) for cell in cells if cell in medians.index and cell not in known]
    text = f"{subject} {join_words(of_cells)}."
    return text + (f" It could not be measured for {join_words(unknown)}." if unknown else "")


def present(experiment: Experiment, accuracy: pd.DataFrame) -> list[str]:
    """The cells that the table has, in the experiment's order."""
    known = set(accuracy["cell"])
    return [cell for cell in experiment.cells if cell in known]


def finished(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The rows of the cells of which every model was evaluated after training steps."""
    return trained(accuracy) if len(accuracy) else accuracy
