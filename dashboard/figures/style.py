"""How a cell looks: the same on every plot and page, whatever else is shown beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models import spec
from models.cells import CELLS

Family = tuple[str, str, str]
"""Three colours of one hue; variants of a cell take them in turn."""

# Near the hues of Okabe & Ito's palette, in CIE lightness 42 to 61: at least 3:1 in contrast
# both on white and on Streamlit's dark background.
FAMILIES: dict[str, Family] = {
    "rnn": ("#c85a0f", "#c0212d", "#ce8202"),
    "lstm": ("#105dd1", "#1385a9", "#4293fe"),
    "gru": ("#047339", "#4f8a00", "#06a958"),
}
SPARE: tuple[Family, ...] = (
    ("#ad2795", "#e0327d", "#ec5cbf"),
    ("#716300", "#957702", "#a79401"),
    ("#7f46ba", "#a958cc", "#aa7bf6"),
    ("#0e6d7a", "#01898c", "#0ba2b5"),
)
"""For cells that are registered later, in the order of the registry."""

# Three colours, four dashes and five symbols have no common factor: any two of the first 12
# variants differ in at least two of the three. "dot" is left to gradients at birth, and "x" to
# models that diverged.
DASHES = ("solid", "dashdot", "dash", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down")

NAMES = {"pytorch": "PyTorch"}
"""Option values that people write differently."""


@dataclass(frozen=True)
class CellStyle:
    """How to draw a cell, in Plotly's words."""

    color: str
    """As #rrggbb."""
    fill: str
    """The same colour, translucent: the band around a line."""
    dash: str
    symbol: str
    label: str
    """For people: "LSTM, chrono bias"."""


def cell_style(cell: str) -> CellStyle:
    """The style of a cell spec; it follows from the text alone. Raises SpecError."""
    described, chosen = spec.parse("cell", cell, CELLS)
    variant = _variant(described.options, chosen)
    color = _family(described.name)[variant % 3]
    told = [_words(option, chosen) for option in described.options if _told(option, chosen)]
    return CellStyle(
        color=color,
        fill=translucent(color, 0.16),
        dash=DASHES[variant % len(DASHES)],
        symbol=SYMBOLS[variant % len(SYMBOLS)],
        label=", ".join((described.title, *told)),
    )


def in_order(cells: Iterable[str]) -> list[str]:
    """Each cell once, in the order of the registry and of its options: the same on every plot."""

    def place(cell: str) -> tuple[int, int]:
        described, chosen = spec.parse("cell", cell, CELLS)
        return list(CELLS).index(described.name), _variant(described.options, chosen)

    return sorted(set(cells), key=place)


def translucent(color: str, opacity: float) -> str:
    """#rrggbb -> rgba(r,g,b,opacity)."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _family(name: str) -> Family:
    if name in FAMILIES:
        return FAMILIES[name]
    later = [other for other in CELLS if other not in FAMILIES]
    return SPARE[later.index(name) % len(SPARE)]


def _variant(options: tuple[spec.Option, ...], chosen: dict[str, str]) -> int:
    """0 where all options are at their defaults; the options' values counted like digits."""
    variant, stride = 0, 1
    for option in options:
        values = [option.default, *(value for value in option.values if value != option.default)]
        variant += stride * values.index(chosen[option.name])
        stride *= len(values)
    return variant


def _told(option: spec.Option, chosen: dict[str, str]) -> bool:
    return chosen[option.name] != option.default


def _words(option: spec.Option, chosen: dict[str, str]) -> str:
    value = chosen[option.name]
    if value.replace(".", "", 1).isdigit():
        return f"{option.name} {value}"
    return f"{NAMES.get(value, value)} {option.name}"
