"""Where a figure for print is drawn: sizes, lines and marks in the styles of the cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from models.analysis.cell_style import RUN_DASHES, RUN_SYMBOLS, cell_style
from models.analysis.words import number, power_of_ten

GREY = "#6b6f7d"
DASHES: dict[str, tuple[int, tuple[float, ...]] | str] = {
    "solid": "-",
    "dot": (0, (1, 1.6)),
    "dash": (0, (4, 2)),
    "dashdot": (0, (4, 2, 1, 2)),
    "longdash": (0, (7, 2)),
    "longdashdot": (0, (7, 2, 1, 2)),
    "12px,4px,3px,4px,3px,4px": (0, (6, 2, 1.5, 2, 1.5, 2)),
}
"""The dashes of cells in matplotlib's terms, by Plotly's names, which the styles have."""
MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "triangle-down": "v",
    "star": "*",
    "cross": "P",
    "hourglass": "X",
    "pentagon": "p",
    "triangle-left": "<",
    "bowtie": "h",
    "triangle-right": ">",
}
"""The marks of cells, likewise; matplotlib has no bowtie, which is a hexagon here."""
MOST_MARKS = 40
"""Points of a line that tell their values under the pointer."""


@dataclass
class Place:
    """One plot of a figure: what it is drawn into, and what its points say."""

    name: str
    figure: SubFigure
    scale: float
    """The factor on line widths and marks: 1 in a column, larger on a slide."""
    wide: bool = False
    """Whether it is wider than a column."""
    hover: dict[str, list[str]] | None = None
    """The texts of points by the id of their line, where a report shows them; None on paper."""
    lines: dict[str, Artist] = field(default_factory=dict)
    """The lines of the legend by their labels."""
    _named: int = 0

    @property
    def small(self) -> float:
        """The size of letters inside a plot, points: 6 at least."""
        return 6.2 * self.scale

    def axes(self, xlabel: str, ylabel: str) -> Axes:
        """The plot's one pair of axes."""
        axes: Axes = self.figure.subplots()
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y")
        return axes

    def line(
        self,
        axes: Axes,
        cell: str,
        x: Sequence[float],
        y: Sequence[float],
        texts: Sequence[str],
        *,
        marks: bool = False,
        label: str = "",
        run: int | None = None,
    ) -> None:
        """The line of a cell, with its place in the legend; ``texts`` say what its points are.

        In a figure of several runs, ``run`` says which it is, from 0.
        """
        style = cell_style(cell)
        dash = style.dash if run is None else RUN_DASHES[run % len(RUN_DASHES)]
        symbol = style.symbol if run is None else RUN_SYMBOLS[run % len(RUN_SYMBOLS)]
        (line,) = axes.plot(
            x,
            y,
            color=style.color,
            linestyle=DASHES[dash],
            marker=MARKERS[symbol] if marks else "",
        )
        self.belongs(line, cell)
        self.lines.setdefault(label or style.label, line)
        if self.hover is not None:
            stride = max(1, -(-len(texts) // MOST_MARKS))
            (dots,) = axes.plot(x[::stride], y[::stride], "o", color=style.color, alpha=0.0)
            # Points that are no number have no mark.
            shown = [text for text, value in zip(texts, y, strict=True)][::stride]
            known = [t for t, value in zip(shown, y[::stride], strict=True) if value == value]
            gid = self.belongs(dots, cell)
            self.hover[gid] = [f"{label or style.label} · {text}" for text in known]

    def belongs(self, artist: Artist, cell: str) -> str:
        """Names what is drawn of a cell, so that a report can hide it; returns the name."""
        gid = f"cell/{cell}/{self._named}"
        if self.hover is not None:
            artist.set_gid(gid)
            self._named += 1
        return gid

    def faint(self, axes: Axes, cell: str, x: Sequence[float], y: Sequence[float]) -> None:
        """The line of one seed."""
        width = 0.5 * self.scale
        (line,) = axes.plot(x, y, color=cell_style(cell).color, linewidth=width, alpha=0.45)
        self.belongs(line, cell)

    def level(self, axes: Axes, x: Sequence[float], y: Sequence[float], text: str) -> None:
        """A dashed grey line with its name at the left end."""
        width = 0.7 * self.scale
        axes.plot(x, y, color=GREY, linestyle=(0, (3, 2)), linewidth=width, zorder=1)
        if text:
            axes.annotate(
                text,
                (x[0], y[0]),
                xytext=(0, 1.5 * self.scale),
                textcoords="offset points",
                fontsize=self.small,
                color=GREY,
                bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.5},
                zorder=1.5,  # behind the cells' lines
            )


def legend_line(**how: Any) -> Line2D:
    """A grey line for the legend alone."""
    return Line2D([], [], color=GREY, **how)


def length_axis(axes: Axes, lengths: Sequence[int]) -> None:
    """A logarithmic x axis whose ticks are the lengths tested."""
    axes.set_xscale("log")
    axes.set_xticks(lengths, [f"{length:,}" for length in lengths])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", bottom=False)
    axes.set_xlim(lengths[0] / 1.12, lengths[-1] * 1.12)


def accuracy_axis(axes: Axes) -> None:
    """A y axis for the share of right answers."""
    axes.set_ylim(-0.03, 1.04)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])


def power_axis(axes: Axes) -> None:
    """A logarithmic y axis with ticks as 10⁻⁷."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def power(value: float) -> str:
    """A tick of a logarithmic axis: "0.1", "10⁻⁷"."""
    return number(value) if 0.01 <= value < 1000 else power_of_ten(_exponent(value))


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])
