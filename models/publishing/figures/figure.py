"""One figure of a run, or several as a panel with letters, as SVG, PDF or PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure, SubFigure

from models.exchange.files import Results
from models.publishing.compared import compared, run_name
from models.publishing.figure_names import FIGURES, Format, View, Width, check
from models.publishing.figures import by_length, over_time, several
from models.publishing.figures.gates import gate_names, gates
from models.publishing.figures.heat_map import heat_map
from models.publishing.figures.place import Place
from models.publishing.figures.sheet import (
    DPI,
    MILLIMETRE,
    SIZES,
    Size,
    metadata,
    origin_of,
    style,
)
from models.tasks import task_title

DRAW: dict[str, Callable[[Place, Results, View], None]] = {
    "accuracy": by_length.accuracy,
    "spans": by_length.memory_span_rows,
    "learning": over_time.learning,
    "gradient_norm": over_time.gradient_norm,
    "gradient_profile": over_time.gradient_profile,
    "initial_profile": over_time.initial_profile,
    "heat_map": heat_map,
    "learning_rates": by_length.learning_rates,
    "generalisation": by_length.generalisation,
    "diagnostic": over_time.diagnostic,
    "gates": gates,
}
OF_SEVERAL: dict[str, Callable[[Place, Sequence[Results], View], None]] = {
    "accuracy": several.accuracy,
    "spans": several.memory_span_rows,
    "learning": several.learning,
    "gradient_profile": several.gradient_profile,
}
WITHOUT_LEGEND = {"spans", "learning_rates", "heat_map", "gates"}
GATE_MAP = 9
"""Height of a map of gates, in letters."""
ROW = 4.5
"""Height of a row of memory spans, or of a learning rate, in letters."""


def figure_bytes(
    runs: Sequence[Results],
    names: Sequence[str],
    view: View,
    kind: Format = "pdf",
    width: Width = "single",
    hover: dict[str, list[str]] | None = None,
) -> bytes:
    """The figure of these names, of several a panel with letters, as a file of this kind.

    Several runs are compared in it. The runs and their settings are in the file's metadata.
    ``hover`` gets what points say, by the id of their group in the SVG. Raises FigureError.
    """
    check(runs, names, view)
    how = style(SIZES[width])
    if hover is not None:  # in a page, texts are texts
        how["svg.fonttype"] = "none"
    with mpl.rc_context(how):
        figure = _figure(runs, names, view, width, hover)
        buffer = io.BytesIO()
        origin = origin_of({results.run: results.experiment for results in runs})
        said = metadata(_title(runs, names), origin, kind)
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=said)
    return buffer.getvalue()


def _figure(
    runs: Sequence[Results],
    names: Sequence[str],
    view: View,
    width: Width,
    hover: dict[str, list[str]] | None,
) -> Figure:
    size = SIZES[width]
    columns = min(size.columns, len(names))
    rows = -(-len(names) // columns)
    heights = [
        max(_height(name, runs, view, size) for name in row) for row in _rows(names, columns)
    ]
    if width == "slide":
        heights = [size.plot / rows] * rows
    # First everything is drawn, then the legend gets as much room as it takes.
    legend = _legend_height(_expected(runs, names), size)
    whole = sum(heights) if width == "slide" else sum(heights) + legend
    figure = Figure((size.width * MILLIMETRE, whole * MILLIMETRE), layout="constrained")
    ratios = [max(legend, 0.01), *heights]
    parts: Any = figure.subfigures(rows + 1, 1, height_ratios=ratios)
    top, below = parts[0], parts[1:]
    lines: dict[str, Artist] = {}
    for row, own in zip(below, _rows(names, columns), strict=True):
        for part, name in zip(row.subfigures(1, columns, squeeze=False)[0], own, strict=False):
            place = Place(name, part, size.scale, wide=width != "single", hover=hover)
            if len(runs) > 1:
                OF_SEVERAL[name](place, runs, view)
            else:
                DRAW[name](place, runs[0], view)
            lines |= {label: line for label, line in place.lines.items() if label not in lines}
            if len(names) > 1:
                _letter(part, names.index(name))
    if lines:
        columns = _legend_columns(list(lines), size)
        top.legend(lines.values(), lines, loc="center", ncols=columns, borderaxespad=0)
    return figure


def _rows(names: Sequence[str], columns: int) -> list[Sequence[str]]:
    return [names[first : first + columns] for first in range(0, len(names), columns)]


def _height(name: str, runs: Sequence[Results], view: View, size: Size) -> float:
    """The height of a plot, millimetres: some have a row for each cell, learning rate or gate."""
    experiment = runs[0].experiment
    if name == "spans":
        return size.letter * (5 + 2 * len(compared(runs)))
    if name == "gates":
        return size.letter * (6 + GATE_MAP * len(gate_names(view.cell or experiment.cells[0])))
    if name == "learning_rates":
        across = min(len(experiment.cells), 3 if size.columns > 1 else 2)
        down = -(-len(experiment.cells) // across)
        return size.letter * down * (5 + 2 * len(experiment.learning_rate))
    return size.plot


def _expected(runs: Sequence[Results], names: Sequence[str]) -> list[str]:
    """The labels that the legend will have, at least."""
    if not set(names) - WITHOUT_LEGEND:
        return []
    labels = [one.label for one in compared(runs)]
    if len(runs) > 1:
        return labels
    results = runs[0]
    labels += ["at initialisation"] if "gradient_profile" in names else []
    diverged = "accuracy" in names and results.tables["accuracy"]["diverged"].any()
    return [*labels, "diverged"] if diverged else labels


def _legend_columns(labels: Sequence[str], size: Size) -> int:
    longest = max(map(len, labels))
    entry = (0.52 * longest + 4.5) * size.letter
    most = max(1, min(len(labels), int(size.width / entry)))
    lines = -(-len(labels) // most)
    return -(-len(labels) // lines)


def _legend_height(labels: Sequence[str], size: Size) -> float:
    if not labels:
        return 0.0
    lines = -(-len(labels) // _legend_columns(labels, size))
    return size.letter * (1.5 * lines + 0.8)


def _letter(part: SubFigure, place: int) -> None:
    part.suptitle(f"({ascii_lowercase[place]})", x=0.01, ha="left", fontweight="bold")


def _title(runs: Sequence[Results], names: Sequence[str]) -> str:
    title = ", ".join(FIGURES[name].title for name in names)
    tasks = dict.fromkeys(task_title(results.experiment.task) for results in runs)
    return f"{title}: {', '.join(tasks)}, {', '.join(map(run_name, runs))}"
