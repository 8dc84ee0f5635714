"""The small pictures beside options: the steps that a gradient reaches, and a normalisation."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.figures.normalised import before_and_after
from dashboard.figures.truncation import reached_steps
from models.tasks.task import Example
from tests.dashboard.figures.drawn import check_json, trace

EXAMPLE = Example(tuple("cAcdBefc"), tuple(symbol in "AB" for symbol in "cAcdBefc"), "A, then B")


@pytest.mark.parametrize(
    ("truncate", "texts"),
    [
        (3, ["no gradient at steps 1 to 5", "gradient at steps 6 to 8"]),
        (8, ["gradient at steps 1 to 8"]),
        (20, ["gradient at steps 1 to 8"]),
    ],
)
def test_the_gradient_reaches_the_last_steps(truncate: int, texts: list[str]) -> None:
    figure = reached_steps(EXAMPLE, truncate)
    assert list(trace(figure, "parts").hovertext) == texts
    cut = max(8 - truncate, 0) + 0.5
    assert [(box.x0, box.x1) for box in figure.layout.shapes] == [
        (0.5, cut),
        (cut, 8.5),
        (1.5, 2.5),
        (4.5, 5.5),
    ]
    check_json(figure)


def test_both_maps_have_one_colour_scale() -> None:
    figure = before_and_after(np.array([[4.0, -2.0]]), np.array([[1.0, -1.0]]))
    assert [(one.name, one.zmin, one.zmax) for one in figure.data] == [
        ("pre-activations before", -4, 4),
        ("pre-activations after", -4, 4),
    ]
    check_json(figure)
