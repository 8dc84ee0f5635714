"""The axes of a plot: places, ranges, ticks and titles as Plotly's JSON form has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedFormatter,
    FixedLocator,
    Formatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    MultipleLocator,
    NullFormatter,
    NullLocator,
)

from models.analysis.words import number, number_of_logarithm, percent, power_of_ten
from models.publishing.plots.json_form import Json, axis_name, listed, plain

Pair = tuple[str, str]
"""The layout's names of a horizontal and a vertical axis."""
Letter = Literal["x", "y"]
Region = tuple[float, float, float, float]
"""Left, bottom, width and height of all plots together, as shares of the sheet."""


@dataclass
class Panel:
    """All axes of a plot; ``paper`` lies over them and has no ticks."""

    figure: Figure
    layout: Json
    text: float
    """Points of text for a pixel on the screen."""
    mark: float
    """Points of a line or mark for a pixel on the screen."""
    pairs: dict[Pair, Axes] = field(default_factory=dict)
    categories: dict[str, dict[str, int]] = field(default_factory=dict)
    """The places of an axis's categories, by its name."""

    def __post_init__(self) -> None:
        self.paper = self.figure.add_axes((0, 0, 1, 1), zorder=5)
        self.paper.set_axis_off()

    def axes(self, x: str | None = None, y: str | None = None) -> Axes:
        """The axes of these references, such as "x" and "y2"; made where they are new."""
        pair = axis_name(x, "x"), axis_name(y, "y")
        if pair not in self.pairs:
            shared: dict[str, Any] = {
                f"share{letter}": other
                for place, letter in enumerate("xy")
                for own, other in self.pairs.items()
                if own[place] == pair[place]
            }
            made = self.figure.add_axes((0, 0, 1, 1), label=str(pair), **shared)
            made.patch.set_visible(False)
            for letter, name in zip("xy", pair, strict=True):
                if self.axis(name).get("type") == "log":
                    getattr(made, f"set_{letter}scale")("log", nonpositive="mask")
            self.pairs[pair] = made
        return self.pairs[pair]

    def axis(self, name: str) -> Json:
        """What the layout says of an axis."""
        found: Json = self.layout.get(name) or {}
        return found

    def numbers(self, values: Sequence[Any], name: str) -> list[Any]:
        """Values along an axis as numbers; a category is its place."""
        if self.axis(name).get("type") != "category":
            return list(values)
        known = self.categories.setdefault(name, {})
        return [known.setdefault(str(value), len(known)) for value in values]

    def finish(self) -> None:
        """Sets ranges, ticks and titles, once everything is drawn."""
        for pair, axes in self.pairs.items():
            self._set(axes, "x", pair[0], shown=self._is_lowest(pair))
            self._set(axes, "y", pair[1], shown=True)
            axes.spines[["top", "right"]].set_visible(False)

    def place(self, region: Region) -> None:
        """Moves all axes into their parts of this region."""
        left, bottom, width, height = region
        self.paper.set_position(region)
        for (x, y), axes in self.pairs.items():
            (x0, x1), (y0, y1) = (self.axis(one).get("domain", (0, 1)) for one in (x, y))
            size = width * (x1 - x0), height * (y1 - y0)
            axes.set_position((left + width * x0, bottom + height * y0, *size))

    def _is_lowest(self, pair: Pair) -> bool:
        """Whether the ticks of its horizontal axis stand beneath these axes."""
        bottoms = {y: self.axis(y).get("domain", (0, 1))[0] for x, y in self.pairs if x == pair[0]}
        return pair[1] == min(bottoms, key=lambda y: bottoms[y])

    def _set(self, axes: Axes, letter: Letter, name: str, shown: bool) -> None:
        described = self.axis(name)
        axis = getattr(axes, f"{letter}axis")
        side = "bottom" if letter == "x" else "left"
        if described.get("visible") is False or not shown:
            axis.set_visible(False)
            axes.spines[side].set_visible(False)
        self._set_range(axes, letter, described, len(self.categories.get(name, ())))
        set_ticks(axis, described, self.categories.get(name))
        if described.get("showgrid"):
            axes.grid(axis=letter)
        if described.get("showticklabels") is False:
            hidden: dict[str, Any] = {f"label{side}": False}
            axes.tick_params(axis=letter, **hidden)
        title = described.get("title") or {}
        axis.set_label_text(plain(title if isinstance(title, str) else title.get("text")))

    @staticmethod
    def _set_range(axes: Axes, letter: Letter, described: Json, count: int) -> None:
        limits = getattr(axes, f"set_{letter}lim")
        logarithmic = described.get("type") == "log"
        getattr(axes, f"set_{letter}margin")(0.02 if letter == "x" else 0.06)
        if ends := described.get("range"):
            limits([10**end for end in ends] if logarithmic else ends)
        elif described.get("rangemode") == "tozero":
            low, high = getattr(axes, f"get_{letter}lim")()
            limits(min(0, low) if high <= 0 else 0, high)
        elif described.get("type") == "category":
            limits(-0.5, count - 0.5)


def set_ticks(axis: Any, described: Json, categories: dict[str, int] | None = None) -> None:
    """Sets the ticks of one of matplotlib's axes, or of a map's scale, as described."""
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    logarithmic = described.get("type") == "log"
    values, texts = described.get("tickvals"), described.get("ticktext")
    formatter = _formatter(described)
    if categories is not None:
        axis.set_major_locator(FixedLocator(list(categories.values())))
        formatter = FixedFormatter(list(categories))
        axis.set_tick_params(length=0)
    elif values is not None:
        axis.set_major_locator(FixedLocator(listed(values)))
        if texts is not None:
            formatter = FixedFormatter([plain(text) for text in listed(texts)])
    elif logarithmic:
        axis.set_major_locator(_log_locator(*sorted(axis.get_view_interval())))
    elif step := described.get("dtick"):
        axis.set_major_locator(MultipleLocator(step))
    else:
        low, high = axis.get_view_interval()
        whole = described.get("tickformat") == "d" or (_is_exponent(described) and high - low > 2)
        most = described.get("nticks", 6)
        axis.set_major_locator(MaxNLocator(most, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(formatter)


def _log_locator(low: float, high: float) -> LogLocator:
    """Ticks at powers of ten; between few of them at 2 and 5 times those."""
    narrow = low > 0 and high / low < 300
    return LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=9)


def _formatter(described: Json) -> Formatter:
    if _is_exponent(described):
        return FuncFormatter(lambda value, _: _of_logarithm(value))
    if described.get("tickformat") == ".0%":
        return FuncFormatter(lambda value, _: percent(value))
    if described.get("type") == "log":
        return FuncFormatter(lambda value, _: _power(value))
    return FuncFormatter(lambda value, _: number(round(value, 12)))


def _is_exponent(described: Json) -> bool:
    """Whether the axis is that of a logarithm, whose ticks are powers of ten."""
    return str(described.get("tickprefix", "")).startswith("10")


def _of_logarithm(value: float) -> str:
    return power_of_ten(value) if value == round(value) else number_of_logarithm(value)


def _power(value: float) -> str:
    exponent = math.log10(value)
    plain_number = 1e-3 <= value < 1e4 or abs(exponent - round(exponent)) > 1e-9
    return number(value) if plain_number else power_of_ten(exponent)
