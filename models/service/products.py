"""What a dashboard has made for papers, each in a process of its own: it never loads matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from models.exchange.files import Results, from_store, read
from models.publishing.figure_names import Format, View, Width
from models.publishing.figures.sheet import Origin
from models.publishing.result_tables import RESULT_TABLES
from models.publishing.table import TABLE_FORMATS
from models.service.child_process import Task, give_way
from models.settings.configuration import Configuration
from models.store import Store


def draw_figure(
    run: str,
    path: str,
    names: Sequence[str],
    view: Mapping[str, str | int],
    kind: Format,
    width: Width,
) -> None:
    """Writes figures of a run, see ``models.publishing.figures.figure``."""
    give_way(psutil.Process())
    from models.publishing.figures.figure import figure_bytes

    shown = View(**view)  # type: ignore[arg-type]
    Path(path).write_bytes(figure_bytes([_results(run)], names, shown, kind, width))


def draw_plot(plot: str, path: str, origin: Mapping[str, str], kind: Format, width: Width) -> None:
    """Writes a plot as a page shows it, see ``models.publishing.plots``."""
    give_way(psutil.Process())
    from models.publishing.plots.plot import plot_bytes

    Path(path).write_bytes(plot_bytes(plot, Origin(**origin), kind, width))


def write_table(runs: Sequence[str], path: str, table: str, kind: str) -> None:
    """Writes one of RESULT_TABLES of these runs in one of TABLE_FORMATS."""
    give_way(psutil.Process())
    made = RESULT_TABLES[table](list(map(_results, runs)))
    Path(path).write_text(TABLE_FORMATS[kind](made), "utf-8", newline="")


def write_report(runs: Sequence[str], path: str, question: str) -> None:
    """Writes the report of these runs under this title, see ``models.publishing.report``."""
    give_way(psutil.Process())
    from models.publishing.report import report

    Path(path).write_text(report(list(map(_results, runs)), question), "utf-8")


PRODUCTS: Mapping[str, Task] = {
    "figure": draw_figure,
    "plot": draw_plot,
    "table": write_table,
    "report": write_report,
}


def _results(run: str) -> Results:
    """A run of the store by its id, or a recorded one by the path of its file."""
    if run.endswith(".zip"):
        return read(Path(run))
    return from_store(Store(Configuration.from_environment().store, must_exist=True), run)
