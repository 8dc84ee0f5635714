"""A run that extends another holds bit for bit what one run from the start holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import methodcaller
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pytest
import sqlalchemy as sa

from models.analysis.narrowing import Goal, Round
from models.exchange.files import Results, from_store
from models.experiment import Experiment, ExperimentError
from models.experiment.extension import extended
from models.experiment.partition import ModelKey, Shard, partition
from models.kernels.version import REFERENCE
from models.service import narrowing, running
from models.service.narrowing import round_after
from models.service.running import End, execute
from models.store import Store, extension
from models.store.extension import extend
from models.store.run import Run
from models.store.tables import RUNS, SHARDS
from models.training import train as training
from models.training.snapshot import Snapshot

T = TypeVar("T")

TINY = Experiment(
    cells=("rnn:activation=relu,gain=3", "lstm:norm=batch"),
    lengths=(12, 24),
    seeds=2,
    steps=7,
    learning_rate=(0.02, 100.0),
    test_lengths=(15,),
    evaluate_every=3,
    hidden_size=6,
    batch_size=4,
    held_out=8,
    clip=0.0,
    device="cpu",
)
"""Some of its models diverge, and its last step is no evaluation of one with more steps."""
MORE = {
    "seeds": {"seeds": 3},
    "lengths": {"lengths": (10, 18, 30)},
    "cells": {"cells": ("gru",)},
    "steps": {"steps": 11},
    "all at once": {"seeds": 3, "lengths": (10, 18), "cells": ("gru",), "steps": 11},
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(running, "ASK_SECONDS", 0.0)
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Shard]:
    """The shards that are trained, as they begin to be."""
    shards: list[Shard] = []
    train = training.train

    def noted(*arguments: Any, **named: Any) -> Iterator[Snapshot]:
        shards.extend(named["shards"])
        return train(*arguments, **named)

    monkeypatch.setattr(training, "train", noted)
    return shards


def finished(store: Store, run: str) -> Results:
    """The results of a run that is trained to its end."""
    assert execute(store, run) == End("finished")
    return from_store(store, run)


def assert_same(results: Results, whole: Results) -> None:
    """Every row and every weight of the two, to the bit."""
    for name, rows in whole.tables.items():
        found, expected = (one.drop(columns="run") for one in (results.tables[name], rows))
        pd.testing.assert_frame_equal(found, expected, check_exact=True, obj=name)
    assert set(results.weights) == set(whole.weights)
    for model, parameters in whole.weights.items():
        assert results.weights[model].tobytes() == parameters.tobytes()


@pytest.mark.parametrize("more", MORE.values(), ids=list(MORE))
def test_an_extended_run_is_bit_for_bit_one_run_from_the_start(
    more: dict[str, object], lab: Store, trained: list[Shard]
) -> None:
    first = lab.create(TINY)
    before = finished(lab, first)
    assert before.tables["diagnostics"]["diagnostic"].str.startswith("overflow").any()
    wanted = extended(TINY, more)
    trained.clear()
    second = extend(lab, first, wanted)
    after = finished(lab, second)
    again = {(shard.cell, model) for shard in trained for model in shard.models}
    shared = set() if "steps" in more else models_of(TINY)
    assert again == models_of(wanted) - shared
    assert_same(after, finished(lab, lab.create(wanted)))
    assert_same(from_store(lab, first), before)
    run = lab.run(second)
    assert (run.extends, run.earlier, run.done_steps) == (first, (TINY,), wanted.steps)


def models_of(experiment: Experiment) -> set[tuple[str, ModelKey]]:
    return {(shard.cell, model) for shard in partition(experiment) for model in shard.models}


SMALL = replace(TINY, cells=("rnn",), learning_rate=(0.02,), test_lengths=(), steps=6)


def test_what_was_extended_is_extended_again(store: Store, trained: list[Shard]) -> None:
    """New cells and seeds first, then steps: each group of models goes on from its checkpoint.

    In every database.
    """
    run = store.create(SMALL)
    finished(store, run)
    wider = extended(SMALL, {"seeds": 3, "cells": ("gru",)})
    run = extend(store, run, wider)
    finished(store, run)
    trained.clear()
    longer = extended(wider, {"steps": 9, "lengths": (30,)})
    run = extend(store, run, longer)
    after = finished(store, run)
    assert len(trained) == len(partition(longer, (SMALL, wider))) == 5
    assert_same(after, finished(store, store.create(longer)))


@pytest.mark.parametrize("blocks", range(1, 13))
def test_an_extension_that_is_broken_off_goes_on_to_the_same_bits(
    blocks: int, lab: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it takes over rows, a few at a time, and while it trains."""
    monkeypatch.setattr(extension, "BLOCK_ROWS", 40)
    first = lab.create(SMALL)
    finished(lab, first)
    wanted = extended(SMALL, {"seeds": 3, "steps": 9})
    second = extend(lab, first, wanted)
    writing, left = lab.writing, iter(range(blocks))

    def broken(work: Callable[[sa.Connection], T]) -> T:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return writing(work)

    with monkeypatch.context() as fault:
        fault.setattr(lab, "writing", broken)
        with pytest.raises(KeyboardInterrupt):
            execute(lab, second)
    lab.finish(second, "interrupted")
    assert lab.resume(second)
    assert_same(finished(lab, second), finished(lab, lab.create(wanted)))


def test_where_the_other_run_is_deleted_everything_is_trained(
    lab: Store, trained: list[Shard]
) -> None:
    first = lab.create(SMALL)
    finished(lab, first)
    wanted = extended(SMALL, {"seeds": 3})
    second = extend(lab, first, wanted)
    assert lab.run(second).done_steps == 4, "of two seeds in three"
    lab.delete(first)
    trained.clear()
    after = finished(lab, second)
    assert sum(len(shard.models) for shard in trained) == 6
    assert_same(after, finished(lab, lab.create(wanted)))


def test_a_stop_leaves_no_trace_in_an_extension(lab: Store) -> None:
    """A run that was stopped between two evaluations has one more."""
    first = lab.create(SMALL)
    execute(lab, first, lambda steps: lab.request_stop(first) if steps == 3 else None)
    lab.resume(first)
    finished(lab, first)
    wanted = extended(SMALL, {"seeds": 3})
    assert_same(finished(lab, extend(lab, first, wanted)), finished(lab, lab.create(wanted)))


def refused(lab: Store, run: str, **changes: object) -> str:
    """Why it is refused to extend the run to its experiment with these changes."""
    wanted = Experiment.from_mapping({**vars(lab.run(run).experiment), **changes})
    with pytest.raises(ExperimentError) as error:
        extend(lab, run, wanted)
    return str(error.value)


def test_what_cannot_be_extended_is_refused_with_what_to_do(lab: Store) -> None:
    run = lab.create(SMALL)
    assert "is queued: extend it when it has finished" in refused(lab, run, seeds=3)
    lab.finish(run, "stopped")
    assert "resume it first" in refused(lab, run, seeds=3)
    lab.resume(run)
    finished(lab, run)
    assert refused(lab, run).startswith("nothing is added")
    said = refused(lab, run, hidden_size=8, seeds=3)
    assert said.startswith("hidden_size is 8, and 6 in the run: an extension adds seeds, lengths")
    assert "give more" in refused(lab, run, seeds=1)
    assert refused(lab, run, lengths=(24,)).startswith("lengths has no 12, which the run has")
    lab.writing(methodcaller("execute", sa.delete(SHARDS)))
    assert "has no last checkpoints" in refused(lab, run, steps=9)
    extend(lab, run, extended(SMALL, {"seeds": 3}))
    for kernels, reason in ((None, "was imported, or trained by"), (REFERENCE, REFERENCE)):
        change = sa.update(RUNS).where(RUNS.c.id == run).values(kernels=kernels)
        lab.writing(methodcaller("execute", change))
        assert reason in refused(lab, run, seeds=3)


def test_steps_under_a_schedule_and_sizes_that_would_change_are_refused() -> None:
    falling = replace(SMALL, schedule="cosine")
    with pytest.raises(ExperimentError, match="with the schedule cosine every step of a model"):
        extended(falling, {"steps": 9})
    assert extended(falling, {"seeds": 3}).seeds == 3
    matched = replace(SMALL, match="parameters")
    with pytest.raises(ExperimentError, match="would get another hidden size"):
        extended(matched, {"cells": ("lstm",)})
    assert extended(replace(matched, cells=("lstm",)), {"cells": ("rnn",)}).cells == ("lstm", "rnn")


NARROWED = replace(SMALL, task="recall", lengths=(10, 40), steps=40, evaluate_every=20)


def test_a_run_that_is_narrowed_down_is_one_run_from_the_start_of_what_it_became(
    lab: Store, trained: list[Shard], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: Iterator[dict[str, Any]] = iter(
        [{"lengths": (10, 20, 40)}, {"lengths": (10, 20, 40), "seeds": 3}]
    )

    def planned(store: Store, run: Run, goal: Goal, megabytes: float | None) -> Round:
        assert store.run(run.id).experiment == run.experiment
        more = next(rounds, None)
        return Round(replace(run.experiment, **more) if more else None, "" if more else "enough")

    monkeypatch.setattr(narrowing, "round_after", planned)
    first = lab.create(NARROWED)
    finished(lab, first)
    trained.clear()
    said: list[str] = []
    run = extend(lab, first, NARROWED, narrows=Goal(1.5, 600))
    assert execute(lab, run, say=said.append) == End("finished", "enough")
    assert said == ["narrowing down: adds T = 20", "narrowing down: adds 1 more seed"]
    end = lab.run(run)
    assert end.experiment == replace(NARROWED, lengths=(10, 20, 40), seeds=3)
    assert (end.message, end.done_steps, end.narrows) == ("enough", 40, Goal(1.5, 600))
    assert [len(shard.models) for shard in trained] == [2, 3]
    assert_same(from_store(lab, run), finished(lab, lab.create(end.experiment)))
    assert lab.run(first).experiment == NARROWED


def test_a_narrowing_that_is_broken_off_goes_on(
    lab: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(store: Store, run: Run, goal: Goal, megabytes: float | None) -> Round:
        longer = run.experiment.seeds < 4
        more = run.experiment.seeds + 1
        return Round(replace(run.experiment, seeds=more)) if longer else Round(None, "enough")

    monkeypatch.setattr(narrowing, "round_after", planned)
    run = lab.create(NARROWED, narrows=Goal(1.5, 600))

    def stop(steps: int) -> None:
        if lab.run(run).experiment.seeds == 3 and steps > 30:
            lab.request_stop(run)

    assert execute(lab, run, stop) == End("stopped")
    assert lab.run(run).experiment.seeds == 3
    assert lab.resume(run)
    assert execute(lab, run) == End("finished", "enough")
    whole = finished(lab, lab.create(replace(NARROWED, seeds=4)))
    for name in ("accuracy", "training", "influence"):
        found = from_store(lab, run).tables[name].drop(columns="run")
        if name == "accuracy":  # the stop has made one evaluation more
            found = found[found["step"] % 20 == 0].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, whole.tables[name].drop(columns="run"))


def test_a_round_is_planned_by_what_was_measured(lab: Store) -> None:
    """The simple RNN of so few steps remembers nothing, and there is nothing to narrow."""
    first = lab.create(NARROWED)
    finished(lab, first)
    planned = round_after(lab, lab.run(first), Goal(1.5, 600))
    assert planned.experiment is None
    assert "but for the RNN, which has no span between" in planned.reason
    assert round_after(lab, lab.run(first), Goal(1.5, 600), 1.0) == planned
