"""Whose turn it is, and about when."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.scheduling.run_queue import Place, Queue, seconds_left
from models.experiment import Experiment
from models.store.run import Run, Status

NOW = datetime.now(UTC)
EXPERIMENT = Experiment()


def run(
    name: str,
    visitor: str | None = None,
    status: Status = "queued",
    done: int = 0,
    at_start: int = 0,
    started: float | None = None,
) -> Run:
    """``started`` is so many seconds ago."""
    return Run(
        id=name,
        experiment=EXPERIMENT,
        status=status,
        message="",
        visitor=visitor,
        created=NOW,
        queued=NOW,
        started=None if started is None else datetime.now(UTC) - timedelta(seconds=started),
        finished=None,
        updated=NOW,
        done_steps=done,
        total_steps=100,
        steps_at_start=at_start,
        resumed=0,
        environment={},
        stop_requested=False,
        pinned=False,
        process=None,
        kernels=None,
        size=0,
        extends=None,
        earlier=(),
        narrows=None,
    )


def ten(_: Run) -> float:
    return 10.0


def order(queue: Queue) -> str:
    return " ".join(one.id for one in queue.waiting)


def queue(text: str) -> Queue:
    """Of words such as ``a1``, visitor a's first run; in capitals where it trains already."""
    return Queue.of(
        run(word.lower(), word[0].lower(), "running" if word.isupper() else "queued")
        for word in text.split()
    )


@pytest.mark.parametrize(
    ("going", "expected"),
    [
        ("", ""),
        ("a1 a2 a3", "a1 a2 a3"),
        ("a1 a2 b1 c1 b2", "a1 b1 c1 a2 b2"),
        ("A1 a2 a3 b1 b2", "b1 a2 b2 a3"),
        ("A1 B1 a2 b2 c1", "c1 a2 b2"),
        ("a1 a2 a3 a4 b1", "a1 b1 a2 a3 a4"),
    ],
)
def test_every_visitors_first_comes_before_anyones_second(going: str, expected: str) -> None:
    assert order(queue(going)) == expected


def test_runs_that_are_nobodys_do_not_wait_for_each_other() -> None:
    going = [run("x", status="running"), run("a1", "a"), run("a2", "a"), run("y"), run("z")]
    found = Queue.of(going)
    assert order(found) == "a1 y z a2"
    assert found.next() == going[1]


def test_a_visitors_second_run_waits_for_the_first_whoever_is_free() -> None:
    found = queue("A1 a2")
    assert found.next() is None
    starts = found.starts(4, ten)
    assert starts == {"a2": 10.0}


def test_places_count_those_that_wait() -> None:
    found = queue("A1 b1 c1 a2")
    assert [found.place(name, 1, ten) for name in ("b1", "c1", "a2")] == [
        Place(1, 10.0),
        Place(2, 20.0),
        Place(3, 30.0),
    ]
    assert found.place("a1", 1, ten) is None
    assert found.place("nobody", 1, ten) is None


def test_several_trainers_take_runs_as_they_are_free() -> None:
    found = queue("a1 b1 c1 d1 e1")
    assert found.starts(2, ten) == {"a1": 0, "b1": 0, "c1": 10, "d1": 10, "e1": 20}


def test_with_more_at_work_than_trainers_the_last_ones_to_end_make_room() -> None:
    going = [
        run(name, name, "running", done=done, at_start=0, started=None)
        for name, done in (("a", 0), ("b", 50), ("c", 90))
    ]
    assert Queue.of([*going, run("d", "d")]).starts(1, ten) == {"d": pytest.approx(10.0)}
    assert Queue.of([*going, run("d", "d")]).starts(2, ten) == {"d": pytest.approx(5.0)}


def test_what_is_left_of_a_run_is_estimated_until_it_shows_its_own_pace() -> None:
    waits = run("a", done=40)
    assert seconds_left(waits, ten) == pytest.approx(6.0)
    begun = run("a", status="running", done=40, at_start=40, started=2)
    assert seconds_left(begun, ten) == pytest.approx(4.0, abs=0.1)
    overdue = run("a", status="running", done=40, at_start=40, started=60)
    assert seconds_left(overdue, ten) == 0
    at_own_pace = run("a", status="running", done=60, at_start=40, started=40)
    assert seconds_left(at_own_pace, ten) == pytest.approx(80.0, rel=0.01)


def test_what_an_extension_takes_is_all_that_it_trains() -> None:
    half = replace(EXPERIMENT, seeds=2 * EXPERIMENT.seeds, steps=100)
    shared = replace(EXPERIMENT, steps=100)
    waits = replace(run("a", done=50), experiment=half, extends="b", earlier=(shared,))
    assert waits.inherited_steps == 50
    assert seconds_left(waits, ten) == pytest.approx(10.0)
    assert seconds_left(replace(waits, done_steps=75), ten) == pytest.approx(5.0)


VISITORS = st.sampled_from(["a", "b", "c", None])
STATUSES: st.SearchStrategy[Status] = st.sampled_from(["queued", "queued", "queued", "running"])


@st.composite
def lines(draw: st.DrawFn) -> list[Run]:
    """Runs that are going, in the order in which they began to wait."""
    drawn = draw(st.lists(st.tuples(VISITORS, STATUSES), max_size=12))
    return [run(f"run {n}", visitor, status) for n, (visitor, status) in enumerate(drawn)]


def rounds(going: list[Run], found: Queue) -> list[int]:
    """Which of its visitor's runs each of those that wait is, counting from 1."""
    seen = Counter(one.visitor for one in going if one.status == "running" and one.visitor)
    numbers = []
    for one in found.waiting:
        if one.visitor:
            seen[one.visitor] += 1
        numbers.append(seen[one.visitor] if one.visitor else 1)
    return numbers


@given(lines())
def test_the_queue_is_fair_whoever_waits(going: list[Run]) -> None:
    found = Queue.of(going)
    names = [one.id for one in (*found.training, *found.waiting)]
    assert sorted(names) == sorted(one.id for one in going), "everyone has one place"
    numbers = rounds(going, found)
    assert numbers == sorted(numbers), "nobody's second before anyone's first"
    for visitor in {one.visitor for one in going}:
        own = [one for one in going if one.visitor == visitor and one.status == "queued"]
        assert [one for one in found.waiting if one.visitor == visitor] == own


@given(lines(), st.integers(1, 4))
def test_starts_are_told_for_all_that_wait_and_never_two_of_one_visitor_at_once(
    going: list[Run], trainers: int
) -> None:
    found = Queue.of(going)
    starts = found.starts(trainers, ten)
    assert list(starts) == [one.id for one in found.waiting]
    assert all(start >= 0 for start in starts.values())
    spans = [(0.0, one) for one in found.training]
    spans += [(starts[one.id], one) for one in found.waiting]
    for visitor in {one.visitor for one in going} - {None}:
        own = sorted(start for start, one in spans if one.visitor == visitor)
        waiting = own[sum(one.visitor == visitor for one in found.training) :]
        assert all(later - earlier >= 10 for earlier, later in pairwise(waiting))
    for start in starts.values():
        at_work = sum(begun <= start < begun + 10 for begun, _ in spans)
        assert at_work <= max(trainers, len(found.training))


@given(lines(), st.integers(1, 3))
def test_all_are_trained_in_turn_and_nobody_twice(going: list[Run], trainers: int) -> None:
    """As the trainer does it: the next one starts where one is free, and one of them ends."""
    ended: list[str] = []
    while going:
        found = Queue.of(going)
        while (one := found.next()) and len(found.training) < trainers:
            busy = [other.visitor for other in found.training if other.visitor]
            assert one.visitor not in busy
            place = next(n for n, other in enumerate(going) if other.id == one.id)
            going = [*going[:place], run(one.id, one.visitor, "running"), *going[place + 1 :]]
            found = Queue.of(going)
        assert found.training, "somebody trains as long as somebody waits"
        ended.append(found.training[0].id)
        going = [one for one in going if one.id != found.training[0].id]
    assert len(ended) == len(set(ended))
