"""Probes: the same sequences twice, different in what one step tells."""

from __future__ import annotations

import numpy as np
import pytest

from models.tasks import TASKS, make_task
from models.tasks.task import Batch

LENGTH = 64
STEPS = [0, 7, 40, LENGTH - 1]


def probe(name: str, t: int) -> tuple[Batch, Batch, Batch]:
    task = make_task(name)
    batch = task.sample(np.random.default_rng(0), 50, LENGTH)
    return batch, *task.probe(np.random.default_rng(1), batch, t)


@pytest.mark.parametrize("t", STEPS)
@pytest.mark.parametrize(
    "name",
    [
        *TASKS,
        "recall:classes=2",
        "recall:distractors=same",
        "recall:distractors=noise,inputs=scalar",
    ],
)
def test_they_differ_at_the_step_alone_and_in_every_sequence(name: str, t: int) -> None:
    batch, first, second = probe(name, t)
    before = batch.inputs.copy()
    differ = (first.inputs != second.inputs).any(axis=1)
    assert differ[t].all()
    assert not np.delete(differ, t, axis=0).any()
    assert first.inputs.dtype == second.inputs.dtype == np.float32
    assert (batch.inputs == before).all()


@pytest.mark.parametrize(
    ("name", "informative"), [("temporal_order", {0, 1}), ("recall", set(range(4)))]
)
def test_symbols_are_informative_ones(name: str, informative: set[int]) -> None:
    _, first, second = probe(name, 40)
    for side in (first, second):
        assert set(side.inputs[40].argmax(axis=0).tolist()) == informative
        assert (side.inputs.sum(axis=1) == 1).all()


def test_copy_takes_data_symbols() -> None:
    _, first, _ = probe("copy", 3)
    assert set(first.inputs[3].argmax(axis=0).tolist()) <= set(range(1, 9))


@pytest.mark.parametrize("t", STEPS)
def test_adding_keeps_two_markers_and_the_sums_are_one_apart(t: int) -> None:
    _, first, second = probe("adding", t)
    for side in (first, second):
        assert (side.inputs[:32, 1].sum(axis=0) == 1).all()
        assert (side.inputs[32:, 1].sum(axis=0) == 1).all()
    sums = [(side.inputs[:, 0] * side.inputs[:, 1]).sum(axis=0) for side in (first, second)]
    np.testing.assert_allclose(sums[1] - sums[0], 1, rtol=1e-6)


def test_digits_beyond_the_image_show_a_pixel() -> None:
    task = make_task("digits")
    batch = task.sample(np.random.default_rng(0), 3, 80)
    dark, bright = task.probe(np.random.default_rng(1), batch, 70)
    assert (dark.inputs[70] == 0).all()
    assert (bright.inputs[70] == [[1], [0]]).all()
