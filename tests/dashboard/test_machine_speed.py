"""Estimates of time follow what runs have taken on this machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.scheduling.machine_speed import LAST, MOST, MachineSpeed
from models.analysis.narrowing import Goal
from models.experiment.cost import REFERENCE, Speed, estimate
from models.store.run import Run
from tests.dashboard.test_queue import EXPERIMENT, NOW, run

FAST = Speed(2.0, 3.0)
EXPECTED = estimate(EXPERIMENT, FAST).seconds


def trained(times: float, done: int = 100, at_start: int = 0) -> Run:
    """A run whose steps took so many times as long as estimated."""
    took = times * EXPECTED * (done - at_start) / 100
    ended = run("one", status="finished", done=done, at_start=at_start)
    return replace(ended, started=NOW - timedelta(seconds=took), finished=NOW)


@pytest.fixture
def machine() -> MachineSpeed:
    machine = MachineSpeed()
    assert machine.now is REFERENCE
    machine.measured(FAST)
    assert machine.now is FAST
    return machine


@pytest.mark.parametrize("steps", [{}, {"done": 40}, {"done": 90, "at_start": 20}])
def test_after_a_run_that_took_twice_as_long_all_take_twice_as_long(
    machine: MachineSpeed, steps: dict[str, int]
) -> None:
    machine.learn(trained(2.0, **steps))
    assert estimate(EXPERIMENT, machine.now).seconds == pytest.approx(2 * EXPECTED)
    assert machine.now.overhead == pytest.approx(1.0)
    assert machine.now.arithmetic == pytest.approx(1.5)


def test_the_median_of_the_last_runs_counts(machine: MachineSpeed) -> None:
    for times in (3.0, 1.0, 1.2):
        machine.learn(trained(times))
    assert machine.now.overhead == pytest.approx(2 / 1.2)
    for _ in range(LAST):
        machine.learn(trained(2.0))
    assert machine.now.overhead == pytest.approx(1.0)


@pytest.mark.parametrize(("times", "factor"), [(1000.0, MOST), (1 / 1000, 1 / MOST)])
def test_a_machine_that_slept_is_not_slow(
    machine: MachineSpeed, monkeypatch: pytest.MonkeyPatch, times: float, factor: float
) -> None:
    monkeypatch.setattr("dashboard.scheduling.machine_speed.SHORTEST_SECONDS", 0.0)
    machine.learn(trained(times))
    assert machine.now.overhead == pytest.approx(2 / factor)


def test_runs_that_say_nothing_are_not_learned_from(machine: MachineSpeed) -> None:
    slow = trained(3.0)
    for other in (
        replace(slow, started=None),
        replace(slow, finished=None),
        replace(slow, done_steps=0),
        replace(slow, narrows=Goal(1.5, 60)),
        replace(slow, started=NOW - timedelta(seconds=4)),
    ):
        machine.learn(other)
        assert machine.now == FAST


def test_measured_again_it_is_what_was_measured(machine: MachineSpeed) -> None:
    machine.learn(trained(3.0))
    machine.measured(FAST)
    assert machine.now == FAST
