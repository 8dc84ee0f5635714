from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from dashboard.figures.style import behind_white, translucent
from models.analysis.cell_style import FAMILIES, SPARE, START, CellStyle, cell_style, in_order
from models.cells import CELLS
from models.cells.cell import BIAS, COMMON_OPTIONS, Cell
from models.experiment.presets import PRESETS
from models.settings.spec import SpecError, canonical
from models.stories import story_presets
from tests.dashboard.figures.drawn import contrast

HEADLINE = ("rnn", "lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono")

STORIES = (
    ("rnn", "rnn:activation=relu", "rnn:activation=sigmoid"),
    ("rnn", "rnn:gain=0.5", "rnn:gain=0.9", "rnn:gain=1.1", "rnn:gain=1.5"),
    ("rnn", "rnn:norm=layer", "rnn:norm=batch", "rnn:gamma=0.1,norm=batch"),
    ("lstm", "lstm:norm=layer"),
    ("rnn", "rnn:omega=2"),
    ("rnn:activation=relu,gain=1.5", "rnn:activation=relu", "rnn:activation=relu,init=identity"),
)
"""Cells that are compared with one another."""

TODAY = {
    "rnn": ("#c85a0f", "solid", "circle"),
    "rnn:init=pytorch": ("#c0212d", "dashdot", "square"),
    "rnn:init=identity": ("#ce8202", "dash", "diamond"),
    "lstm": ("#105dd1", "solid", "circle"),
    "lstm:bias=0": ("#1385a9", "dashdot", "square"),
    "lstm:bias=chrono": ("#4293fe", "dash", "diamond"),
    "lstm:init=pytorch": ("#105dd1", "longdash", "triangle-up"),
    "lstm:bias=0,init=pytorch": ("#1385a9", "solid", "triangle-down"),
    "gru": ("#047339", "solid", "circle"),
    "gru:bias=chrono": ("#06a958", "dash", "diamond"),
    "gru:bias=chrono,init=identity": ("#06a958", "solid", "triangle-up"),
}
"""In recorded runs and screenshots: their styles stay."""

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


def starts(cell: str) -> list[str]:
    """All variants by the weights at the start."""
    options = [option for option in CELLS[cell].options if option.name in START]
    choices = product(*([f"{o.name}={value}" for value in o.values] for o in options))
    return [f"{cell}:{','.join(choice)}" for choice in choices]


def variants(cell: str) -> list[str]:
    """All of these, every single change of another option, and the pairs that are compared."""
    single = [
        f"{cell}:{option.name}={value}{',norm=layer' if option.name == 'gamma' else ''}"
        for option in CELLS[cell].options
        for value in option.values
        if option.name not in START and value != option.default
    ]
    stories = [text for story in STORIES for text in story if text.partition(":")[0] == cell]
    others = {canonical("cell", text, CELLS) for text in (*single, *stories)}
    return [*starts(cell), *sorted(others - {canonical("cell", cell, CELLS)})]


def test_lab_of_white_and_red() -> None:
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@pytest.mark.parametrize("sight", ["normal", *COLOUR_BLIND])
def test_headline_cells_are_distinct_to_everyone(sight: str) -> None:
    matrix = np.array(COLOUR_BLIND.get(sight, np.eye(3)))
    seen = {cell: lab(np.clip(matrix @ linear(cell_style(cell).color), 0, 1)) for cell in HEADLINE}
    for one, other in combinations(HEADLINE, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 18, (one, other)


@pytest.mark.parametrize("background", ["#ffffff", "#0e1117"])
def test_colours_stand_out_in_both_themes(background: str) -> None:
    for family in (*FAMILIES.values(), *SPARE):
        for color in family:
            assert contrast(color, background) >= 3, color


def test_white_text_on_the_chip_of_any_cell_is_read_in_both_themes() -> None:
    for cell in CELLS:
        for text in variants(cell):
            chip = behind_white(cell_style(text).color)
            assert contrast("#ffffff", chip) >= 4.5, text
    assert behind_white("#105dd1") == "#105dd1"


@pytest.mark.parametrize("cell", list(CELLS))
def test_variants_differ_in_two_ways_at_least(cell: str) -> None:
    styles = [cell_style(text) for text in variants(cell)]
    for one, other in combinations(styles, 2):
        ways = [one.color != other.color, one.dash != other.dash, one.symbol != other.symbol]
        assert sum(ways) >= 2


@pytest.mark.parametrize("story", STORIES)
def test_cells_of_a_story_differ_in_colour_dash_and_symbol(story: tuple[str, ...]) -> None:
    styles = [cell_style(cell) for cell in story]
    for ways in zip(*((style.color, style.dash, style.symbol) for style in styles), strict=True):
        assert len(set(ways)) == len(story)


@pytest.mark.parametrize("sight", ["normal", *COLOUR_BLIND])
def test_colours_of_one_family_differ(sight: str) -> None:
    matrix = np.array(COLOUR_BLIND.get(sight, np.eye(3)))
    for family in FAMILIES.values():
        seen = [lab(np.clip(matrix @ linear(color), 0, 1)) for color in family]
        for one, other in combinations(seen, 2):
            assert np.linalg.norm(one - other) >= (15 if sight == "normal" else 8)


@pytest.mark.parametrize("cell", list(TODAY))
def test_known_cells_look_as_ever(cell: str) -> None:
    style = cell_style(cell)
    assert (style.color, style.dash, style.symbol) == TODAY[cell]


def test_any_number_has_a_style_of_its_own_that_stays() -> None:
    style = cell_style("rnn:gain=1.234")
    assert (style.color, style.dash, style.symbol) == ("#fd234d", "dash", "triangle-left")
    assert cell_style("rnn:gain=1.2340") == style
    assert style.label == "RNN, gain 1.234"
    known = [(other.color, other.dash, other.symbol) for other in map(cell_style, variants("rnn"))]
    for gain in (0.2, 0.7, 0.8, 1.2, 1.3, 2, 3):
        style = cell_style(f"rnn:gain={gain}")
        assert (style.color, style.dash, style.symbol) not in known


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
        ("rnn:activation=relu", "RNN, ReLU"),
        ("rnn:activation=sigmoid", "RNN, sigmoid"),
        ("rnn:activation=relu,init=identity", "RNN, ReLU, identity init"),
        ("rnn:gain=1.5", "RNN, gain 1.5"),
        ("rnn:norm=layer", "RNN, layer norm"),
        ("rnn:gamma=0.1,norm=batch", "RNN, batch norm, γ 0.1"),
        ("rnn:omega=2", "RNN, Ω 2"),
    ],
)
def test_labels_are_for_people(cell: str, label: str) -> None:
    assert cell_style(cell).label == label


def test_fill_is_the_colour_translucent() -> None:
    assert translucent("#ff8001", 0.5) == "rgba(255,128,1,0.5)"


def test_unknown_cell_is_refused() -> None:
    with pytest.raises(SpecError, match="unknown cell"):
        cell_style("transformer")


class Toy(Cell):
    name = "toy"
    title = "Toy"
    options = (BIAS, *COMMON_OPTIONS)


class Other(Cell):
    name = "other"
    title = "Other"
    options = COMMON_OPTIONS


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


def test_default_comes_first_then_numbers_by_size() -> None:
    gains = [f"rnn:gain={gain}" for gain in ("1.5", "0.25", "2.75", "1", "0.9")]
    ordered = [gain.partition("=")[2] for gain in in_order(gains)]
    assert ordered == ["1", "0.25", "0.9", "1.5", "2.75"]
    assert in_order(["rnn:gamma=0.1,norm=batch", "rnn:norm=batch", "rnn"])[0] == "rnn"


def test_cells_of_every_preset_differ_in_colour() -> None:
    for preset in PRESETS.values():
        colors = [cell_style(cell).color for cell in preset.experiment.cells]
        assert len(set(colors)) == len(colors), preset.name


@pytest.mark.parametrize("name", story_presets())
def test_the_cells_of_a_story_differ_in_colour_and_variants_also_in_dash_or_symbol(
    name: str,
) -> None:
    for pair in combinations(story_presets()[name].experiment.cells, 2):
        one, other = map(cell_style, pair)
        # Four colours are for variants of one cell: of more, those of one colour differ in both.
        assert one.color != other.color or (one.dash != other.dash and one.symbol != other.symbol)
        if pair[0].split(":")[0] == pair[1].split(":")[0]:
            assert (one.dash, one.symbol) != (other.dash, other.symbol)
