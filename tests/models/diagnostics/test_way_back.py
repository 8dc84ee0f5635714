"""Every number of a walk against torch.autograd through the project's cells, in float64."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from models.cells import make_cell
from models.cells.cell import Weights
from models.diagnostics.way_back.lstm import walk_lstm
from models.diagnostics.way_back.rnn import walk_rnn
from models.diagnostics.way_back.settings import CELLS, WalkSettings
from models.diagnostics.way_back.walk import walk

WEIGHTS = (-1.3, -0.4, 0.0, 0.5, 1.0, 2.0)
TOLERANCE = 1e-10


def unrolled(settings: WalkSettings, *, gates_see_h: bool = True) -> list[dict[str, Tensor]]:
    """The states of the walk's cell from step 1 to T, whose gradients of the loss are kept.

    Where gates do not see h, it is cut from the graph: what is left is the way along c.
    """
    cell = make_cell(settings.cell)
    rows = len(cell.gates)
    b = torch.zeros(rows, 1, dtype=torch.float64)
    if settings.cell == "lstm":
        b[cell.gates.index("f")] = settings.forget_bias
    ones = torch.ones(rows, 1, dtype=torch.float64)
    w = Weights(W_x=ones, W_h=settings.weight * ones, b=b)
    state = cell.zero_state(w, sequences=1)
    state = cell.State(*(one.requires_grad_() for one in state))
    steps = []
    for x in settings.inputs():
        before = state if gates_see_h else state._replace(h=state.h.detach())
        state = cell.step(w, torch.full((1, 1), x, dtype=torch.float64), before)
        for one in state:
            one.retain_grad()
        steps.append(state._asdict())
    loss = (steps[-1]["h"] - 1).square().sum() / 2
    loss.backward()
    return steps


def gradients(steps: list[dict[str, Tensor]], state: str) -> list[float]:
    found = (step[state].grad for step in steps)
    return [0.0 if one is None else one.item() for one in found]


def close(numbers: list[float], expected: list[float]) -> bool:
    return numbers == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("cell", CELLS)
def test_what_is_shown_agrees_with_autograd(cell: str, weight: float) -> None:
    for bias, length, seed in ((1.0, 6, 0), (-2.0, 5, 1), (4.0, 8, 7)):
        settings = WalkSettings(cell, weight, bias, length, seed)
        shown, expected = walk(settings), unrolled(settings)
        assert [column.x for column in shown.columns] == list(settings.inputs())
        for state in expected[0]:
            states = [column.states[state] for column in shown.columns]
            assert close(states, [step[state].item() for step in expected])
            on_show = [column.gradients[state] for column in shown.columns]
            assert close(on_show, gradients(expected, state))
        assert shown.loss == pytest.approx((expected[-1]["h"].item() - 1) ** 2 / 2, rel=TOLERANCE)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("cell", CELLS[:2])
def test_the_product_of_the_factors_is_the_gradient(cell: str, weight: float) -> None:
    steps = walk_rnn(WalkSettings(cell, weight, length=8, seed=3))
    expected = gradients(unrolled(WalkSettings(cell, weight, length=8, seed=3)), "h")
    for t in range(len(steps)):
        product = steps[-1].gradient * math.prod(step.factor for step in steps[t + 1 :])
        assert product == pytest.approx(expected[t], rel=TOLERANCE, abs=TOLERANCE)
        assert steps[t].factor == steps[t].slope * weight


@pytest.mark.parametrize("weight", WEIGHTS)
def test_the_forget_gates_are_the_way_along_c_and_both_ways_the_whole(weight: float) -> None:
    settings = WalkSettings("lstm", weight, forget_bias=2.0, length=8, seed=3)
    steps = walk_lstm(settings)
    along_c = gradients(unrolled(settings, gates_see_h=False), "c")
    whole = gradients(unrolled(settings), "c")
    for t in range(len(steps)):
        product = steps[-1].gradient_c * math.prod(step.forward.f for step in steps[t + 1 :])
        assert product == pytest.approx(along_c[t], rel=TOLERANCE, abs=TOLERANCE)
        assert steps[t].additive == pytest.approx(product, rel=TOLERANCE, abs=TOLERANCE)
    for before, after in pairwise(steps):
        through_h = before.gradient_h * before.forward.h_by_c
        both = after.gradient_c * after.forward.f + through_h
        assert both == pytest.approx(before.gradient_c, rel=TOLERANCE)
    assert [step.gradient_c for step in steps] == pytest.approx(whole, rel=TOLERANCE)


@pytest.mark.parametrize("t", [1, 4, 8])
def test_the_derivatives_of_an_lstm_step_are_its_jacobian(t: int) -> None:
    settings = WalkSettings("lstm", 0.7, forget_bias=0.5, length=8, seed=2)
    now = walk_lstm(settings)[t - 1].forward
    cell = make_cell("lstm")
    ones = torch.ones(4, 1, dtype=torch.float64)
    b = torch.tensor([[0], [0.5], [0], [0]], dtype=torch.float64)
    w = Weights(W_x=ones, W_h=0.7 * ones, b=b)

    def step(h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        new = cell.step(w, torch.full((1, 1), now.x, dtype=torch.float64), (h, c))
        return new.h, new.c

    before = tuple(
        torch.full((1, 1), one, dtype=torch.float64) for one in (now.h_before, now.c_before)
    )
    (h_by_h, h_by_c), (c_by_h, c_by_c) = torch.autograd.functional.jacobian(step, before)
    assert c_by_c.item() == pytest.approx(now.f, rel=TOLERANCE)
    assert c_by_h.item() == pytest.approx(now.c_by_h, rel=TOLERANCE)
    assert h_by_c.item() == pytest.approx(now.h_by_c * now.f, rel=TOLERANCE)
    assert h_by_h.item() == pytest.approx(now.h_by_h + now.h_by_c * now.c_by_h, rel=TOLERANCE)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"cell": "gru"}, "choose from rnn"),
        ({"weight": 2.5}, "at most 2"),
        ({"length": 4}, "at least 5"),
        ({"seed": 1.5}, "whole number"),
        ({"forget_bias": math.nan}, "finite"),
    ],
)
def test_what_cannot_be_walked_is_refused(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        WalkSettings(**settings)  # type: ignore[arg-type]


def test_the_same_seed_is_the_same_sequence_and_another_is_not() -> None:
    first = WalkSettings(seed=1).inputs()
    assert first == WalkSettings(cell="lstm", weight=2.0, seed=1).inputs()
    assert first != WalkSettings(seed=2).inputs()
    assert first[0] == 1
    assert all(abs(x) <= 0.5 for x in first[1:])
