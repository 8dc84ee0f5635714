"""Numbers that stories speak of, from the tables of a run, and sentences made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models.analysis.at_initialisation import at_birth
from models.analysis.half_lives import half_life_words
from models.analysis.statistics import latest, summarise, trained
from models.cells import cell_title
from models.experiment import Experiment

NOT_YET = "Nothing is trained yet."


def half_lives(
    subject: str, diagnostics: pd.DataFrame, cells: Sequence[str], length: int, state: str = "h"
) -> str:
    """Sentences, such as "The gradient halves every 6 steps for the RNN. It is level for the GRU.".

    ``subject`` is "The gradient". Where nothing was measured it is the end of the story.
    """
    lives = at_birth(diagnostics, f"half_life_{state}", length)
    rates: dict[str, list[str]] = {}
    for cell in cells:
        if cell in lives:
            verb, _, rate = half_life_words(lives[cell]).partition(" every ")
            told = f"every {rate} for {the(cell)}" if rate else f"for {the(cell)}"
            rates.setdefault(verb if rate else "is level", []).append(told)
    if not rates:
        return f"{subject} could not be measured."
    subjects = [subject, *["It"] * (len(rates) - 1)]
    sentences = zip(subjects, rates.items(), strict=True)
    return " ".join(f"{who} {verb} {listed(told)}." for who, (verb, told) in sentences)


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
        length: listed([the(cell) for cell in cells if longest[cell] == length])
        for length in sorted(set(longest.values()))
    }
    if len(named) == 1 < len(cells):
        named = dict.fromkeys(named, "every cell")
    none, some = named.pop(0, ""), named
    when = f"After {_step(experiment, accuracy)} steps"
    if not some:
        return f"{when} most seeds of {none} solve none of the lengths."
    told = listed([f"{length} for {names}" for length, names in some.items()])
    text = f"{when} the longest length that most seeds solve is {told}."
    return text + (f" Most seeds of {none} solve none." if none else "")


def _step(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    step = int(latest(accuracy)["step"].min())
    return f"{step} of {experiment.steps}" if step < experiment.steps else f"{step}"


def divergence(experiment: Experiment, accuracy: pd.DataFrame) -> str:
    """How many models of which cells diverged, as a sentence."""
    groups = latest(accuracy).groupby("cell")["diverged"]
    told = []
    for cell in present(experiment, accuracy):
        models = groups.get_group(cell).astype(bool)
        if models.any():
            plural = "s" if len(models) > 1 else ""
            told.append(f"{models.sum()} of {len(models)} model{plural} of {the(cell)}")
    return f"{listed(told) or 'No model'} diverged."


def after_training(
    diagnostics: pd.DataFrame, cells: Sequence[str], diagnostic: str, length: int
) -> dict[str, float]:
    """Per cell, the median over seeds at the latest step; without those that have none."""
    rows = diagnostics[
        (diagnostics["diagnostic"] == diagnostic) & (diagnostics["length"] == length)
    ]
    last = latest(rows).query("step > 0")
    medians = {cell: last.loc[last["cell"] == cell, "value"].median() for cell in cells}
    return {cell: float(value) for cell, value in medians.items() if np.isfinite(value)}


def values(of_cells: Mapping[str, float], cells: Sequence[str]) -> str:
    """Such as "0.50 for the LSTM with bias 0 and 0.72 for the LSTM"."""
    return listed([f"{of_cells[cell]:.2f} for {the(cell)}" for cell in cells if cell in of_cells])


def present(experiment: Experiment, accuracy: pd.DataFrame) -> list[str]:
    """The cells that the table has, in the experiment's order."""
    known = set(accuracy["cell"])
    return [cell for cell in experiment.cells if cell in known]


def finished(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The rows of the cells of which every model was evaluated after training steps."""
    return trained(accuracy) if len(accuracy) else accuracy


def the(cell: str) -> str:
    return f"the {cell_title(cell)}"


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sentence(text: str) -> str:
    """With a capital."""
    return text[:1].upper() + text[1:]
