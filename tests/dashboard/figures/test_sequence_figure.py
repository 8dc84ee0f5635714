from __future__ import annotations

import numpy as np
import pytest

from dashboard.figures.layout import step_ticks
from dashboard.figures.sequence import BESIDE, Run, example_picture, example_sequence, runs
from models.tasks import TASKS, make_task
from models.tasks.task import Example
from tests.dashboard.figures.drawn import trace


def example(symbols: str, marked: set[int]) -> Example:
    """``marked`` counts from 1."""
    return Example(tuple(symbols), tuple(t in marked for t in range(1, len(symbols) + 1)), "AB")


def test_short_sequence_shows_every_symbol() -> None:
    figure = example_sequence(example("cdAefBcd", {3, 6}))
    texts = trace(figure, "texts")
    assert "".join(texts.text) == "cdAefBcd"
    assert list(texts.x) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(trace(figure, "strip").z[0]) == [0, 0, 1, 0, 0, 1, 0, 0]
    assert figure.layout.annotations[0].text == "Right answer: AB"


def test_long_sequence_names_what_matters_only() -> None:
    figure = example_sequence(example("c" * 30 + "A" + "d" * 89 + "B" + "e" * 79, {31, 121}))
    texts = trace(figure, "texts")
    assert (list(texts.text), list(texts.x)) == ([f"{BESIDE}A", f"B{BESIDE}"], [31, 121])
    assert len(trace(figure, "strip").z[0]) == 200
    assert trace(figure, "strip").hovertext[0][30] == "t = 31 · A, matters"
    assert trace(figure, "strip").hovertext[0][31] == "t = 32 · d"


def test_long_symbols_do_not_fit() -> None:
    numbers = Example(("0.53",) * 20, (False,) * 19 + (True,), "0.53")
    assert list(trace(example_sequence(numbers), "texts").text) == [f"0.53{BESIDE}"]


def test_neighbours_are_one_run() -> None:
    assert runs(example("1234xxxxx5", {1, 2, 3, 4, 10})) == [Run(1, 4, "1 2 3 4"), Run(10, 10, "5")]
    assert runs(example("x" * 64, set(range(1, 65)))) == [Run(1, 64, "steps 1 to 64")]


@pytest.mark.parametrize("steps", [2, 5, 20, 64, 128, 200, 500, 1000, 6001, 20_000, 100_000])
def test_ticks_have_both_ends_and_room(steps: int) -> None:
    ticks = step_ticks(steps)
    assert (ticks[0], ticks[-1]) == (1, steps)
    assert len(ticks) <= 8
    assert all(np.diff(ticks) > 0)
    assert min(np.diff(ticks)) >= steps / 16 or steps < 10


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize("place", [0, -1])
def test_every_task_can_be_drawn(name: str, place: int) -> None:
    task = make_task(name)
    drawn = task.example(np.random.default_rng(0), task.lengths[place])
    figure = example_sequence(drawn)
    assert len(trace(figure, "strip").z[0]) == len(drawn.symbols)
    assert drawn.answer in figure.layout.annotations[0].text


def test_pixels_are_as_bright_as_they_are() -> None:
    pixels = Example(("0", "16", "8", "·"), (True, True, True, False), "7", (0.0, 1.0, 0.5))
    dark, bright, middle, blank = trace(example_sequence(pixels), "strip").z[0]
    assert blank == 0 < dark < middle < bright == 1


@pytest.mark.parametrize("order", ["rows", "permuted"])
def test_the_picture_of_a_digit_is_the_image_in_whatever_order_it_is_read(order: str) -> None:
    task = make_task(f"digits:order={order}")
    drawn = task.example(np.random.default_rng(0), 64)
    rows = make_task("digits").example(np.random.default_rng(0), 64)
    picture = trace(example_picture(drawn), "picture")
    np.testing.assert_allclose(np.array(picture.z).ravel(), rows.brightness)
    assert sorted(drawn.brightness) == sorted(rows.brightness)
