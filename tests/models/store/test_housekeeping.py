"""Old runs go, and only those that may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.experiment import Experiment
from models.settings.configuration import MEBIBYTE
from models.store import Store
from models.store.housekeeping import tidy
from models.store.tables import RUNS
from tests.recorded import measured

TINY = Experiment(
    cells=("rnn",), lengths=(10,), seeds=1, steps=2, evaluate_every=1, hidden_size=4, device="cpu"
)
START = datetime(2026, 1, 1, tzinfo=UTC)


def ended(store: Store, count: int, megabytes: int = 0) -> list[str]:
    """Runs that have finished, the oldest first, each of this size."""
    runs = [store.create(TINY, process="a trainer") for _ in range(count)]
    for number, run in enumerate(runs):
        store.finish(run, "finished")
        values = {"size": megabytes * MEBIBYTE, "created": START + timedelta(days=number)}
        change(store, run, **values)
    return runs


def change(store: Store, run: str, **values: object) -> None:
    statement = sa.update(RUNS).where(RUNS.c.id == run).values(**values)
    store.writing(lambda connection: connection.execute(statement))


def kept(store: Store) -> set[str]:
    return {run.id for run in store.runs()}


def test_by_default_everything_is_kept(store: Store) -> None:
    ended(store, 3, megabytes=10**6)
    assert tidy(store) == []
    assert store.count() == 3


def test_the_newest_runs_are_kept_and_the_others_go_with_what_they_measured(store: Store) -> None:
    old = measured(store, TINY)
    store.finish(old, "finished")
    runs = ended(store, 4)
    change(store, old, created=START - timedelta(days=9))
    assert len(store.read(old, "training")[0])
    assert tidy(store, keep_runs=2) == [old, *runs[:2]]
    assert kept(store) == set(runs[2:])
    assert store.read(old, "training")[0].empty
    assert store.profiles(old).empty
    assert tidy(store, keep_runs=2) == []


def test_pinned_runs_and_those_that_go_stay_and_count(store: Store) -> None:
    oldest, pinned, *others = ended(store, 5)
    store.pin(pinned, True)
    queued, running = store.create(TINY), store.create(TINY, process="here")
    assert tidy(store, keep_runs=4) == [oldest, *others[:2]]
    assert kept(store) == {pinned, others[2], queued, running}
    assert tidy(store, keep_runs=1) == [others[2]]
    assert tidy(store, keep_runs=1) == []
    assert kept(store) == {pinned, queued, running}
    store.pin(pinned, False)
    assert tidy(store, keep_runs=1) == [pinned]


@pytest.mark.parametrize(("megabytes", "left"), [(100, 5), (50, 5), (49, 4), (21, 2), (9, 0)])
def test_the_oldest_go_until_the_rest_is_small_enough(
    store: Store, megabytes: int, left: int
) -> None:
    runs = ended(store, 5, megabytes=10)
    tidy(store, keep_megabytes=megabytes)
    assert kept(store) == set(runs[5 - left :])


def test_a_run_that_is_pinned_or_resumed_once_it_is_found_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned, resumed, oldest, newest = ended(store, 4)
    change(store, resumed, status="stopped")
    sizes = store.sizes

    def meanwhile() -> dict[str, int]:
        store.pin(pinned, True)
        assert store.resume(resumed)
        return sizes()

    monkeypatch.setattr(store, "sizes", meanwhile)
    assert tidy(store, keep_runs=1) == [oldest]
    assert kept(store) == {pinned, resumed, newest}


@pytest.mark.parametrize("limits", [(-1, 0), (0, -1), (-1, 5)])
def test_a_limit_below_0_deletes_nothing(store: Store, limits: tuple[int, int]) -> None:
    ended(store, 2, megabytes=10)
    with pytest.raises(ValueError, match=r"0 .all. or more"):
        tidy(store, *limits)
    assert store.count() == 2


def test_both_limits_hold(store: Store) -> None:
    runs = ended(store, 5, megabytes=10)
    tidy(store, keep_runs=3, keep_megabytes=45)
    assert kept(store) == set(runs[2:])
    tidy(store, keep_runs=3, keep_megabytes=20)
    assert kept(store) == set(runs[3:])


def test_sizes_count_measurements_and_checkpoints(store: Store) -> None:
    empty, partial = store.create(TINY), measured(store, TINY, until=1)
    full = measured(store, TINY)
    sizes = store.sizes()
    assert list(sizes) == [run.id for run in store.runs()]
    assert sizes[empty] == 0
    assert 0 < sizes[partial] < sizes[full]
    saved = sum(len(one.to_bytes()) for one in store.checkpoints(full).values())
    assert saved
    assert sizes[full] == store.run(full).size + saved
    store.finish(full, "finished")
    assert store.sizes()[full] == sizes[full], "it may be extended from its last checkpoints"
