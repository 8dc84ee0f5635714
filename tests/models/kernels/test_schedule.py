"""Ragged sequences, right-aligned."""

from __future__ import annotations

import pytest

from models.kernels.schedule import Schedule


def test_a_small_one_by_hand() -> None:
    schedule = Schedule((4, 2, 2))
    assert schedule.active == (1, 1, 3, 3)
    assert schedule.starts == (0, 1, 2, 5, 8)
    assert schedule.rows == 8
    assert schedule.rows_of(0) == [0, 1, 2, 5]
    assert schedule.rows_of(2) == [4, 7]
    assert schedule.model_of_row == (0, 0, 0, 1, 2, 0, 1, 2)


def test_the_tail_is_the_last_steps_of_all() -> None:
    schedule = Schedule((4, 2, 2))
    assert schedule.tail(1) == 5
    assert schedule.tail(3) == 1
    assert schedule.tail(99) == 0


@pytest.mark.parametrize("lengths", [(), (2, 4)])
def test_refuses_what_is_not_sorted(lengths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="longest first"):
        Schedule(lengths)
