"""The layout that all figures share: they take the page's theme and survive live updates.

No font or text colour is set, so that both come from the page's theme. Zoom is kept as long as
``name`` stays the same, and hidden cells stay hidden: a trace is known by its ``uid``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import plotly.graph_objects as go

Trace = dict[str, Any]
"""A trace in Plotly's JSON form."""

TRANSPARENT = "rgba(0,0,0,0)"
GREY = "#808495"
"""The colour of lines that belong to no cell; at least 3:1 in contrast on white and on dark."""
GRID = "rgba(128,132,149,0.22)"
AXIS: Trace = {
    "gridcolor": GRID,
    "linecolor": GRID,
    "zeroline": False,
    "automargin": True,
    "separatethousands": True,
}
WHOLE: Trace = {"exponentformat": "none"}
"""An axis of steps or lengths: 20,000, not 20k."""
SIZES: Trace = {"exponentformat": "power", "minexponent": 4}
"""An axis of values of any size: 0.001, and 4 × 10⁻⁷, not 0.4µ."""
ACCURACY: Trace = {"title": "held-out accuracy", "range": [-0.03, 1.04], "dtick": 0.2}
"""An axis for the share of right answers."""
POWERS: Trace = {
    "type": "log",
    "exponentformat": "power",
    "minorloglabels": "complete",
    "nticks": 6,
}
"""A log axis for values over tens of orders of magnitude."""
PLAIN = (1e-3, 1e4)
"""From here to here axes write numbers without a power of ten."""
EXPONENTS: Trace = {"tickprefix": "10<sup>", "ticksuffix": "</sup>", "nticks": 6}
"""An axis for logarithms to base 10, for which no value is too small."""
AT_THE_BOTTOM: Trace = {"anchor": "free", "position": 0}
"""An x axis beneath the lowest of several plots. Anchored to that plot's y axis, Plotly 7 draws the
line at NaN when a figure with such axes takes the place of another."""
LEVEL = "level"
"""What a level line has in its ``meta``, and the ``name`` of the label that tells its own."""
SMALL = 12
"""Font size of labels inside a plot, pixels."""
LABEL_SPACE = 0.07
"""Share of an axis that a label needs in the narrowest plot, 330 pixels wide."""


def new_figure(name: str, *, height: int, xaxis: Trace, yaxis: Trace) -> go.Figure:
    """An empty figure. ``name`` changes exactly when the axes come to mean something else."""
    return go.Figure(
        layout={
            "template": "none",
            "height": height,
            "paper_bgcolor": TRANSPARENT,
            "plot_bgcolor": TRANSPARENT,
            "margin": {"l": 8, "r": 14, "t": 8, "b": 8, "pad": 0},
            "uirevision": name,
            "hovermode": "closest",
            "hoverlabel": {"align": "left"},
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "uirevision": "cells",
                "groupclick": "togglegroup",
            },
            "xaxis": {
                **AXIS,
                "showgrid": False,
                "ticks": "outside",
                "ticklabeloverflow": "allow",
                **WHOLE,
                **titled(xaxis, 8),
            },
            "yaxis": {**AXIS, "showgrid": True, **SIZES, **titled(yaxis, 6)},
        }
    )


def belongs(cell: str, kind: str) -> Trace:
    """The keys that tie a trace to its cell: its legend group, its identity between updates."""
    return {"type": "scatter", "uid": f"{cell}/{kind}", "legendgroup": cell, "showlegend": False}


def add_level(
    figure: go.Figure,
    uid: str,
    ends: Sequence[float],
    value: float,
    text: str,
    side: Literal["left", "right"] = "right",
) -> None:
    """A dashed grey line at ``value`` between ``ends``, with its name, if any, at one ``side``.

    The browser moves the name along its line where it would lie on data (level_names.js).
    """
    figure.add_scatter(
        uid=uid,
        showlegend=False,
        x=list(ends),
        y=[value] * 2,
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 1.2},
        meta={LEVEL: True},
        hoverinfo="skip",
    )
    if text:
        height = math.log10(value) if figure.layout.yaxis.type == "log" else value
        place = {"x": 0, "xanchor": "left"} if side == "left" else {}
        figure.add_annotation(note(text, height, name=LEVEL, yanchor="bottom", **place))


def note(text: str, y: float, **more: Any) -> Trace:
    """A label at the right end of the plot, at height ``y``."""
    return {
        "text": text,
        "x": 1,
        "xref": "x domain",
        "xanchor": "right",
        "y": y,
        "showarrow": False,
        "font": {"size": SMALL},
        **more,
    }


def remark(figure: go.Figure, *texts: str) -> None:
    """Writes the texts above the legend, if there are any."""
    if texts:
        figure.update_layout(legend={"title": {"text": " · ".join(texts), "side": "top"}})


def titled(axis: Trace, standoff: int) -> Trace:
    """The axis with its title text, if any, ``standoff`` pixels from the tick labels."""
    if "title" not in axis:
        return axis
    return {**axis, "title": {"text": axis["title"], "standoff": standoff}}


def log_ticks(values: Iterable[float]) -> Trace:
    """A log axis for these values: with ticks as 0.2 and 0.5, or as 10⁻⁷ where some need it."""
    plain = all(PLAIN[0] <= value < PLAIN[1] for value in values if 0 < value < math.inf)
    return POWERS | {"nticks": 4} | ({"tickformat": ",~g"} if plain else {})


@dataclass(frozen=True)
class LengthAxis:
    """A sequence-length axis whose ticks are the lengths that were tested."""

    lengths: tuple[int, ...]
    log: bool

    @classmethod
    def of(cls, *lengths: Iterable[int], log: bool) -> LengthAxis:
        """The axis over all of the given lengths."""
        return cls(tuple(sorted({int(length) for some in lengths for length in some})), log)

    def layout(self, title: str) -> Trace:
        """The axis in Plotly's JSON form."""
        shown = self.spaced()
        axis: Trace = {
            "title": title,
            "type": "log" if self.log else "linear",
            "tickmode": "array",
            "tickvals": list(self.lengths),
            "ticktext": [f"{length:,}" if length in shown else "" for length in self.lengths],
            "tickangle": 0,
        }
        if self.lengths:
            low, high = self.ends()
            axis["range"] = [math.log10(low), math.log10(high)] if self.log else [low, high]
        return axis

    def ends(self) -> tuple[float, float]:
        """The ends of the axis, a little beyond the lengths."""
        if not self.lengths:
            return (0, 1)
        share = self._margin() / self._span()
        return self.shift(self.lengths[0], -share), self.shift(self.lengths[-1], share)

    def middle(self) -> float:
        """The length in the middle of the axis."""
        low, high = self.ends()
        return math.sqrt(low * high) if self.log else (low + high) / 2

    def shift(self, length: float, share: float) -> float:
        """The length that lies ``share`` of the axis to the right of this one."""
        place = self._place(length) + share * self._span()
        return round(10**place if self.log else place, 4)

    def spaced(self) -> set[int]:
        """The lengths that are far enough apart for labels; the longest is always among them."""
        shown: list[int] = []
        for length in reversed(self.lengths):
            gap = self._place(shown[-1]) - self._place(length) if shown else math.inf
            if gap >= LABEL_SPACE * self._span():
                shown.append(length)
        return set(shown)

    def _place(self, length: float) -> float:
        return math.log10(length) if self.log else float(length)

    def _margin(self) -> float:
        between = self._place(self.lengths[-1]) - self._place(self.lengths[0])
        return 0.05 * between or (0.1 if self.log else 0.1 * self.lengths[0])

    def _span(self) -> float:
        return self._place(self.lengths[-1]) - self._place(self.lengths[0]) + 2 * self._margin()


def step_ticks(steps: int) -> list[int]:
    """The first and last step and round numbers well between them."""
    round_numbers = (digit * 10**zeros for zeros in count() for digit in (5, 10, 20))
    apart = next(gap for gap in round_numbers if steps <= 6 * gap)
    return [1, *(t for t in range(apart, steps, apart) if steps - t > apart / 2), steps]


def numbers(values: Iterable[float], digits: int = 4) -> list[float | None]:
    """The values rounded to significant digits; None, a gap in Plotly, where not finite."""
    return [float(f"{value:.{digits}g}") if math.isfinite(value) else None for value in values]


def thinned(count: int, limit: int) -> Sequence[int]:
    """At most ``limit`` indices below ``count``, evenly spaced, the first and last among them."""
    if count <= limit:
        return range(count)
    return sorted({round(i * (count - 1) / (limit - 1)) for i in range(limit)})
