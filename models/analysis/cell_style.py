"""The colour, dash and symbol of each cell: the same on every figure, whatever else is shown."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.cells import CELLS, cell_label
from models.settings import spec

Family = tuple[str, ...]
"""Colours of one hue; variants of a cell take them in turn."""

# Near the hues of Okabe & Ito's palette, in CIE lightness 42 to 61: at least 3:1 in contrast
# both on white and on Streamlit's dark background. The first three are for variants by START.
FAMILIES: dict[str, Family] = {
    "rnn": ("#c85a0f", "#c0212d", "#ce8202", "#994a58", "#b98a64", "#fb6041", "#fd234d"),
    "lstm": ("#105dd1", "#1385a9", "#4293fe", "#7d90d7", "#615db0", "#6e72ff", "#2c6793"),
    "gru": ("#047339", "#4f8a00", "#06a958", "#566a19", "#60a080", "#879d15", "#6ea242"),
}
SPARE: tuple[Family, ...] = (
    ("#ad2795", "#e0327d", "#ec5cbf"),
    ("#716300", "#957702", "#a79401"),
    ("#7f46ba", "#a958cc", "#aa7bf6"),
    ("#0e6d7a", "#01898c", "#0ba2b5"),
)
"""Colours for cells that are registered later, in the order of the registry."""

START = ("bias", "init")
"""Options that change only the weights at the start of training."""

# Three colours, four dashes and five symbols have no common factor: any two of the first 12
# variants differ in at least two of the three. "dot" is left to gradients at initialisation,
# and "x" to models that diverged.
DASHES = ("solid", "dashdot", "dash", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down")

# The same with four, five and seven where any other option is changed. Such a variant differs
# from the cell's default in all three, and two of the first 20 in at least two of them.
OTHER_DASHES = ("dash", "dashdot", "longdash", "longdashdot", "12px,4px,3px,4px,3px,4px")
OTHER_SYMBOLS = (
    "star",
    "cross",
    "hourglass",
    "pentagon",
    "triangle-left",
    "bowtie",
    "triangle-right",
)
STYLES = 4 * len(OTHER_DASHES) * len(OTHER_SYMBOLS)
"""How many styles there are for variants with any other option changed."""
RESERVED = 20
"""Styles that are kept for the variants in KNOWN."""
KNOWN = (
    "gain=0.5",
    "gain=0.9",
    "gain=1.1",
    "gain=1.5",
    "activation=relu,init=identity",
    "activation=relu,gain=2",
    "activation=sigmoid",
    "activation=relu",
    "norm=layer",
    "norm=batch",
    "gamma=0.1,norm=batch",
    "gamma=0.1,norm=layer",
    "omega=2",
    "activation=relu,gain=1.5",
    "forget_gate=no",
    "bias=chrono,forget_gate=no",
    "gain=0.95",
    "gain=2",
)
"""Variants that are often compared: four neighbours differ in colour, dash and symbol.

New ones are added at the end, so that the others keep their style.
"""
SECOND_ROUND = 16
"""From this variant of KNOWN on colours are those of START but the first: stories set such a
variant beside one of each of the other colours."""


# Where several runs stand in one figure, the colour is the cell's, dash and symbol are the run's.
RUN_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
RUN_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")


@dataclass(frozen=True)
class CellStyle:
    """How to draw a cell, in Plotly's words."""

    color: str
    """The colour as #rrggbb."""
    dash: str
    symbol: str
    label: str
    """The cell as people call it: "LSTM, chrono bias"."""


def cell_style(cell: str) -> CellStyle:
    """The style of a cell spec; it follows from the text alone. Raises SpecError."""
    described, chosen = spec.parse("cell", cell, CELLS)
    family = _family(described.name)
    place, dash, symbol = _variant_style(described.options, chosen)
    color = family[place % len(family)]
    return CellStyle(
        color=color,
        dash=dash,
        symbol=symbol,
        label=cell_label(cell),
    )


def in_order(cells: Iterable[str]) -> list[str]:
    """Each cell once, in the order of the registry and of its options: the same on every figure."""

    def place(cell: str) -> tuple[int, list[tuple[bool, float]]]:
        described, chosen = spec.parse("cell", cell, CELLS)
        values = [_order(option, chosen[option.name]) for option in described.options]
        return list(CELLS).index(described.name), values[::-1]

    return sorted(set(cells), key=place)


def _family(name: str) -> Family:
    if name in FAMILIES:
        return FAMILIES[name]
    later = [other for other in CELLS if other not in FAMILIES]
    return SPARE[later.index(name) % len(SPARE)]


def _variant_style(
    options: Sequence[spec.Option], chosen: Mapping[str, str]
) -> tuple[int, str, str]:
    """The place of the colour in its family, the dash and the symbol."""
    changed = sorted(o.name for o in options if chosen[o.name] != o.default)
    if set(changed) <= set(START):
        variant = _start(options, chosen)
        return variant % 3, _in_turn(DASHES, variant), _in_turn(SYMBOLS, variant)
    text = ",".join(f"{name}={chosen[name]}" for name in changed)
    if text in KNOWN:
        variant = KNOWN.index(text)
    else:
        variant = RESERVED + zlib.crc32(text.encode()) % (STYLES - RESERVED)
    second = SECOND_ROUND <= variant < RESERVED
    return (
        1 + variant % 2 if second else 3 + variant % 4,
        _in_turn(OTHER_DASHES, variant),
        _in_turn(OTHER_SYMBOLS, variant),
    )


def _in_turn(choices: Sequence[str], variant: int) -> str:
    return choices[variant % len(choices)]


def _start(options: Sequence[spec.Option], chosen: Mapping[str, str]) -> int:
    """The number of a variant by START: 0 at the defaults, values counted as digits."""
    variant, stride = 0, 1
    for option in options:
        if option.name in START:
            values = _default_first(option)
            variant += stride * values.index(chosen[option.name])
            stride *= len(values)
    return variant


def _default_first(option: spec.Option) -> list[str]:
    return [option.default, *(value for value in option.values if value != option.default)]


def _order(option: spec.Option, value: str) -> tuple[bool, float]:
    """The sort key of a value: the default, then numbers by size or words as they are listed."""
    if option.bounds is not None:
        return value != option.default, float(value)
    return value != option.default, _default_first(option).index(value)
