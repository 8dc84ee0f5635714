"""Numbers that stories speak of, from the tables of a run."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models.cells import cell_title
from models.diagnostics.half_lives import half_life_words
from models.results.birth import at_birth
from models.results.statistics import latest, summarise


def half_lives(diagnostics: pd.DataFrame, length: int, state: str = "h") -> str:
    """Such as "halves every 6 steps for the RNN and is level for the GRU"."""
    lives = at_birth(diagnostics, f"half_life_{state}", length)
    return listed([f"{half_life_words(life)} for {the(cell)}" for cell, life in lives.items()])


def solved(accuracy: pd.DataFrame) -> dict[tuple[str, int], tuple[int, int]]:
    """Per cell and length: how many seeds solved it at the end, of how many."""
    rows = summarise(accuracy).to_dict("records")
    return {(str(r["cell"]), int(r["length"])): (int(r["solved"]), int(r["seeds"])) for r in rows}


def longest_solved(accuracy: pd.DataFrame, cell: str) -> int:
    """The longest length that more than half of the cell's seeds solved; 0 where there is none."""
    reached = [
        length
        for (name, length), (count, seeds) in solved(accuracy).items()
        if name == cell and 2 * count > seeds
    ]
    return max(reached, default=0)


def reach(accuracy: pd.DataFrame, cells: Sequence[str]) -> str:
    """The longest length that most seeds of each cell solved, as a sentence."""
    told = [f"{longest_solved(accuracy, cell) or 'none'} for {the(cell)}" for cell in cells]
    return f"The longest length that most seeds solve is {listed(told)}."


def diverged(accuracy: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Per cell: how many models diverged, of how many."""
    groups = latest(accuracy).groupby("cell", sort=False)["diverged"]
    return {str(cell): (int(flags.sum()), len(flags)) for cell, flags in groups}


def finished(accuracy: pd.DataFrame) -> bool:
    """Whether anything was evaluated after training steps."""
    return bool(len(accuracy) and accuracy["step"].max() > 0)


def the(cell: str) -> str:
    return f"the {cell_title(cell)}"


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
