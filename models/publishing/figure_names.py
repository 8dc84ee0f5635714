"""The figures for print that there are, and what a figure may be; importing this is light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from models.analysis.diagnostic_names import DIAGNOSTICS
from models.exchange.files import Results
from models.training.weights import WeightsKey

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = get_args(Format)
Width = Literal["single", "double", "slide"]
"""85 mm, a column; 178 mm, a page; or a slide of 16:9."""
WIDTHS: tuple[Width, ...] = get_args(Width)


WEIGHTS = "weights"
"""In place of a table: the weights of a run's models."""


@dataclass(frozen=True)
class PrintFigure:
    """A figure for print."""

    title: str
    """Its title for people."""
    table: str
    """The table of results that it needs rows of, or WEIGHTS."""
    needs: str
    """When a run has these, to complete "there is none without …"."""
    several: bool = False
    """Whether there is one of several runs as well."""


FIGURES: dict[str, PrintFigure] = {
    "accuracy": PrintFigure("Accuracy by sequence length", "accuracy", "an evaluation", True),
    "spans": PrintFigure("Memory spans", "accuracy", "an evaluation", True),
    "learning": PrintFigure("Learning curves", "accuracy", "an evaluation", True),
    "gradient_norm": PrintFigure("Gradient norm over training", "training", "training steps"),
    "gradient_profile": PrintFigure("Gradient profile", "gradients", "a gradient profile", True),
    "initial_profile": PrintFigure(
        "Gradient profile at initialisation", "gradients", "a gradient profile"
    ),
    "heat_map": PrintFigure("Heat map of the gradient", "gradients", "a gradient profile"),
    "learning_rates": PrintFigure("Learning-rate map", "validation", "several learning rates"),
    "generalisation": PrintFigure("Test at other lengths", "generalisation", "test lengths"),
    "diagnostic": PrintFigure("Diagnostic over training", "diagnostics", "diagnostics"),
    "gates": PrintFigure("Gates and states of a model", WEIGHTS, "stored weights"),
}
"""Every figure by its name on the command line."""


@dataclass(frozen=True)
class View:
    """Which part of a run the figures at one length show."""

    length: int
    state: str = "h"
    diagnostic: str = "spectral_radius"
    cell: str = ""
    """The cell of a figure of one cell; the first of the run where it is empty."""
    seed: int | None = None
    """The seed of a figure of one model; None is the first whose weights are stored."""


class FigureError(Exception):
    """A figure that cannot be made of this run; the message says why in one line."""


def available(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The names of the figures that can be made of a run with these tables by name."""
    return [name for name, one in FIGURES.items() if len(tables.get(one.table, ()))]


def check(runs: Sequence[Results], names: Sequence[str], view: View) -> None:
    """Raises FigureError where one of these figures cannot be made."""
    if len(runs) > 1 and (one_run := [name for name in names if not FIGURES[name].several]):
        several = ", ".join(name for name, figure in FIGURES.items() if figure.several)
        raise FigureError(f"{one_run[0]} is of one run: of several there are {several}")
    for results in runs:
        _check_one(results, names, view)


def _check_one(results: Results, names: Sequence[str], view: View) -> None:
    for name in names:
        figure = FIGURES[name]
        if not len(results.weights if figure.table == WEIGHTS else results.tables[figure.table]):
            raise FigureError(f"{figure.title}: there is none without {figure.needs}")
    if view.length not in results.experiment.lengths:
        lengths = ", ".join(map(str, results.experiment.lengths))
        raise FigureError(f"length is {view.length}: this run has {lengths}")
    if "diagnostic" in names and not _measured(results, "diagnostic", view.diagnostic):
        known = results.tables["diagnostics"]["diagnostic"].unique()
        has = ", ".join(name for name in DIAGNOSTICS if name in set(known))
        raise FigureError(f"diagnostic is {view.diagnostic}: this run has {has}")
    if view.cell and view.cell not in results.experiment.cells:
        cells = ", ".join(results.experiment.cells)
        raise FigureError(f"cell is {view.cell}: this run has {cells}")
    by_state = {"gradient_profile", "initial_profile", "heat_map"}.intersection(names)
    if by_state and not _measured(results, "state", view.state, "gradients"):
        raise FigureError(f"state is {view.state}: this run has no such gradient")
    if "gates" in names:
        weights_of(results, view)


def weights_of(results: Results, view: View) -> WeightsKey:
    """The model of a view whose weights are stored; of several learning rates the best validated.

    Raises FigureError.
    """
    cell = view.cell or results.experiment.cells[0]
    rows = results.accuracy
    shown = set(zip(rows["cell"], rows["length"], rows["seed"], rows["learning_rate"], strict=True))
    for key in results.weights:
        asked = (key.cell, key.length) == (cell, view.length) and view.seed in (None, key.seed)
        if asked and (key.cell, key.length, key.seed, key.learning_rate) in shown:
            return key
    seed = "" if view.seed is None else f" with seed {view.seed}"
    raise FigureError(f"no weights are stored of {cell} at length {view.length}{seed}")


def _measured(results: Results, column: str, value: str, table: str = "diagnostics") -> bool:
    return bool((results.tables[table][column] == value).any())
