"""One figure of a run, or several as a panel with letters, as SVG, PDF or PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from models.analysis.cell_style import cell_style
from models.exchange.files import Results
from models.publishing.compared import run_name
from models.publishing.figure_names import FIGURES, Format, View, Width, check
from models.publishing.figures import by_length, over_time
from models.publishing.figures.place import Place
from models.settings import __version__
from models.tasks import task_title

DRAW: dict[str, Callable[[Place, Results, View], None]] = {
    "accuracy": by_length.accuracy,
    "spans": by_length.memory_span_rows,
    "learning": over_time.learning,
    "gradient_norm": over_time.gradient_norm,
    "gradient_profile": over_time.gradient_profile,
    "learning_rates": by_length.learning_rates,
    "generalisation": by_length.generalisation,
    "diagnostic": over_time.diagnostic,
}
MILLIMETRE = 1 / 25.4
DPI = 300
ROW = 4.5
"""Height of a row of memory spans, or of a learning rate, in letters."""


@dataclass(frozen=True)
class Size:
    """The measures of a figure."""

    width: float
    """Millimetres."""
    plot: float
    """The height of one plot, millimetres."""
    letters: float
    """The size of letters, points."""
    columns: int
    """Plots of a panel side by side."""


SIZES: dict[Width, Size] = {
    "single": Size(85, 58, 7, 1),
    "double": Size(178, 66, 7, 2),
    "slide": Size(338.7, 190.5, 16, 2),
}


def figure_bytes(
    results: Results,
    names: Sequence[str],
    view: View,
    kind: Format = "pdf",
    width: Width = "single",
    hover: dict[str, list[str]] | None = None,
) -> bytes:
    """The figure of these names, of several a panel with letters, as a file of this kind.

    The run and its settings are in the file's metadata. ``hover`` gets what points say, by the id
    of their group in the SVG. Raises FigureError.
    """
    check(results, names, view)
    style = _style(SIZES[width])
    if hover is not None:  # in a page, texts are texts
        style["svg.fonttype"] = "none"
    with mpl.rc_context(style):
        figure = _figure(results, names, view, width, hover)
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=_metadata(results, names, kind))
    return buffer.getvalue()


def _figure(
    results: Results,
    names: Sequence[str],
    view: View,
    width: Width,
    hover: dict[str, list[str]] | None,
) -> Figure:
    size = SIZES[width]
    columns = min(size.columns, len(names))
    rows = -(-len(names) // columns)
    heights = [max(_height(name, results, size) for name in row) for row in _rows(names, columns)]
    if width == "slide":
        heights = [size.plot / rows] * rows
    # First everything is drawn, then the legend gets as much room as it takes.
    legend = _legend_height(_expected(results, names), size)
    whole = sum(heights) if width == "slide" else sum(heights) + legend
    figure = Figure((size.width * MILLIMETRE, whole * MILLIMETRE), layout="constrained")
    ratios = [max(legend, 0.01), *heights]
    parts: Any = figure.subfigures(rows + 1, 1, height_ratios=ratios)
    top, below = parts[0], parts[1:]
    lines: dict[str, Line2D] = {}
    for row, own in zip(below, _rows(names, columns), strict=True):
        for part, name in zip(row.subfigures(1, columns, squeeze=False)[0], own, strict=False):
            place = Place(name, part, size.letters / 7, wide=width != "single", hover=hover)
            DRAW[name](place, results, view)
            lines |= {label: line for label, line in place.lines.items() if label not in lines}
            if len(names) > 1:
                _letter(part, names.index(name))
    if lines:
        columns = _legend_columns(list(lines), size)
        top.legend(lines.values(), lines, loc="center", ncols=columns, borderaxespad=0)
    return figure


def _rows(names: Sequence[str], columns: int) -> list[Sequence[str]]:
    return [names[first : first + columns] for first in range(0, len(names), columns)]


def _height(name: str, results: Results, size: Size) -> float:
    """The height of a plot, millimetres: some have as many rows as there are cells or rates."""
    letter = size.letters / 72 * 25.4
    experiment = results.experiment
    if name == "spans":
        return letter * (5 + 2 * len(experiment.cells))
    if name == "learning_rates":
        across = min(len(experiment.cells), 3 if size.columns > 1 else 2)
        down = -(-len(experiment.cells) // across)
        return letter * down * (5 + 2 * len(experiment.learning_rate))
    return size.plot


def _expected(results: Results, names: Sequence[str]) -> list[str]:
    """The labels that the legend will have, at least."""
    if not set(names) - {"spans", "learning_rates"}:
        return []
    labels = [cell_style(cell).label for cell in results.experiment.cells]
    labels += ["at initialisation"] if "gradient_profile" in names else []
    diverged = "accuracy" in names and results.tables["accuracy"]["diverged"].any()
    return [*labels, "diverged"] if diverged else labels


def _legend_columns(labels: Sequence[str], size: Size) -> int:
    longest = max(map(len, labels))
    letter = size.letters / 72 * 25.4
    entry = (0.52 * longest + 4.5) * letter
    most = max(1, min(len(labels), int(size.width / entry)))
    lines = -(-len(labels) // most)
    return -(-len(labels) // lines)


def _legend_height(labels: Sequence[str], size: Size) -> float:
    if not labels:
        return 0.0
    lines = -(-len(labels) // _legend_columns(labels, size))
    return size.letters / 72 * 25.4 * (1.5 * lines + 0.8)


def _letter(part: SubFigure, place: int) -> None:
    part.suptitle(f"({ascii_lowercase[place]})", x=0.01, ha="left", fontweight="bold")


def _style(size: Size) -> Any:
    """Letters and lines to scale, texts that are never formulas, the same file every time."""
    scale = size.letters / 7
    return {
        "font.family": "DejaVu Sans",
        "font.size": size.letters,
        "figure.titlesize": size.letters + 1,
        "axes.titlesize": size.letters,
        "axes.labelsize": size.letters,
        "xtick.labelsize": 0.9 * size.letters,
        "ytick.labelsize": 0.9 * size.letters,
        "legend.fontsize": size.letters,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
        "legend.columnspacing": 1.2,
        "axes.linewidth": 0.5 * scale,
        "grid.linewidth": 0.4 * scale,
        "grid.color": "#d9dbe0",
        "axes.axisbelow": True,
        "lines.linewidth": 1.1 * scale,
        "lines.markersize": 3.6 * scale,
        **{f"{axis}tick.major.width": 0.5 * scale for axis in "xy"},
        **{f"{axis}tick.major.size": 2.2 * scale for axis in "xy"},
        **{f"{axis}tick.minor.size": 1.2 * scale for axis in "xy"},
        **{f"{axis}tick.minor.width": 0.4 * scale for axis in "xy"},
        "text.parse_math": False,
        "axes.unicode_minus": True,
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "memory lab",
        "savefig.facecolor": "white",
    }


def _metadata(results: Results, names: Sequence[str], kind: Format) -> Mapping[str, Any]:
    title = ", ".join(FIGURES[name].title for name in names)
    title = f"{title}: {task_title(results.experiment.task)}, {run_name(results)}"
    settings = results.experiment.command_line(out=None)
    program, run = f"Memory Lab {__version__}", f"run {results.run}"
    if kind == "pdf":
        said = {"Title": title, "Subject": settings, "Keywords": run, "Creator": program}
        return {**said, "CreationDate": None}
    if kind == "svg":
        said = {"Title": title, "Description": settings, "Identifier": run, "Creator": program}
        return {**said, "Date": None}
    return {"Title": title, "Description": settings, "Source": run, "Software": program}
