from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from dashboard.figures.style import (
    FAMILIES,
    SPARE,
    CellStyle,
    cell_style,
    in_order,
    translucent,
)
from models.cells import CELLS
from models.cells.cell import BIAS, Cell
from models.presets import PRESETS
from models.spec import SpecError

HEADLINE = ("rnn", "lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono")

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
COLOUR_BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(color: str) -> np.ndarray:
    """#rrggbb -> linear RGB from 0 to 1."""
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4))


def lab(rgb: np.ndarray) -> np.ndarray:
    """Linear RGB -> CIE L*a*b*, white D65."""
    t = (TO_XYZ @ rgb) / TO_XYZ.sum(axis=1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(color: str, background: str) -> float:
    """WCAG 2 contrast ratio."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(c)) + 0.05 for c in (color, background))
    return light / dark


def variants(cell: str) -> list[str]:
    options = CELLS[cell].options
    choices = product(*([f"{o.name}={value}" for value in o.values] for o in options))
    return [f"{cell}:{','.join(choice)}" for choice in choices]


def test_lab_of_white_and_red() -> None:
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("sight", ["normal", *COLOUR_BLIND])
def test_headline_cells_are_told_apart_by_everyone(sight: str) -> None:
    matrix = np.array(COLOUR_BLIND.get(sight, np.eye(3)))
    seen = {cell: lab(np.clip(matrix @ linear(cell_style(cell).color), 0, 1)) for cell in HEADLINE}
    for one, other in combinations(HEADLINE, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 18, (one, other)


@pytest.mark.parametrize("background", ["#ffffff", "#0e1117"])
def test_colours_stand_out_in_both_themes(background: str) -> None:
    for family in (*FAMILIES.values(), *SPARE):
        for color in family:
            assert contrast(color, background) >= 3, color


@pytest.mark.parametrize("cell", list(CELLS))
def test_variants_differ_in_two_ways_at_least(cell: str) -> None:
    styles = [cell_style(text) for text in variants(cell)]
    for one, other in combinations(styles, 2):
        ways = [one.color != other.color, one.dash != other.dash, one.symbol != other.symbol]
        assert sum(ways) >= 2


def test_chrono_differs_from_default_in_colour_dash_and_symbol() -> None:
    for cell in ("lstm", "gru"):
        default, chrono = cell_style(cell), cell_style(f"{cell}:bias=chrono")
        assert default.color != chrono.color
        assert default.dash != chrono.dash
        assert default.symbol != chrono.symbol


def test_dots_and_crosses_mean_something_else() -> None:
    styles = [cell_style(text) for cell in CELLS for text in variants(cell)]
    assert not {"dot", "x"} & {word for style in styles for word in (style.dash, style.symbol)}


def test_defaults_written_out_change_nothing() -> None:
    assert cell_style("lstm:bias=1,init=orthogonal") == cell_style("lstm")


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        ("rnn", "RNN"),
        ("lstm:bias=chrono", "LSTM, chrono bias"),
        ("gru:bias=0", "GRU, bias 0"),
        ("lstm:bias=chrono,init=pytorch", "LSTM, chrono bias, PyTorch init"),
    ],
)
def test_labels_are_for_people(cell: str, label: str) -> None:
    assert cell_style(cell).label == label


def test_fill_is_the_colour_translucent() -> None:
    assert translucent("#ff8001", 0.5) == "rgba(255,128,1,0.5)"
    assert cell_style("lstm").fill.startswith("rgba(16,93,209,0.")


def test_unknown_cell_is_refused() -> None:
    with pytest.raises(SpecError, match="unknown cell"):
        cell_style("transformer")


class Toy(Cell):
    name = "toy"
    title = "Toy"
    options = (BIAS,)


class Other(Cell):
    name = "other"
    title = "Other"
    options = ()


def test_new_cells_take_the_next_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {cell: cell_style(cell) for cell in HEADLINE}
    monkeypatch.setitem(CELLS, "toy", Toy)
    first = cell_style("toy")
    assert isinstance(first, CellStyle)
    assert (first.label, first.color) == ("Toy", SPARE[0][0])
    monkeypatch.setitem(CELLS, "other", Other)
    assert cell_style("other").color == SPARE[1][0]
    assert cell_style("toy") == first
    assert {cell: cell_style(cell) for cell in HEADLINE} == before


def test_order_does_not_follow_arrival() -> None:
    assert in_order(["gru:bias=chrono", "lstm", "gru", "rnn", "gru", "lstm:bias=0"]) == [
        "rnn",
        "lstm",
        "lstm:bias=0",
        "gru",
        "gru:bias=chrono",
    ]


def test_cells_of_every_preset_differ_in_colour() -> None:
    for preset in PRESETS.values():
        colors = [cell_style(cell).color for cell in preset.experiment.cells]
        assert len(set(colors)) == len(colors), preset.name
