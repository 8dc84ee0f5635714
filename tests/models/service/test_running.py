"""From a run in the store to its measurements in the store, however it ends."""

from __future__ import annotations

import signal

import pandas as pd
import pytest

from models.analysis.schema import in_order
from models.exchange.files import from_store
from models.experiment import Experiment, ExperimentError
from models.kernels.version import COMPILED, REFERENCE
from models.service import running
from models.service.reasons import reason
from models.service.running import End, execute
from models.store import Store
from models.store.process import identity
from models.training import train as training
from models.training.train import train

TINY = Experiment(
    cells=("rnn", "gru"),
    lengths=(10,),
    seeds=2,
    steps=6,
    evaluate_every=3,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    device="cpu",
)


def endless(store: Store) -> str:
    return store.create(Experiment.from_mapping({**vars(TINY), "steps": 10**6}))


def test_a_finished_run_holds_what_training_measured(store: Store) -> None:
    run = store.create(TINY)
    heard: list[int] = []
    assert execute(store, run, heard.append) == End("finished")
    assert store.run(run).status == "finished"
    assert store.run(run).done_steps == TINY.steps
    assert heard == sorted(heard)
    assert heard[-1] == TINY.steps
    measured = pd.concat([one.tables["accuracy"] for one in train(TINY)])
    stored = from_store(store, run).tables["accuracy"].drop(columns="run")
    pd.testing.assert_frame_equal(
        stored, in_order(measured, TINY)[list(stored.columns)], check_dtype=False
    )


def test_stop_ends_a_run_and_keeps_what_it_measured(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ASK_SECONDS", 0.0)
    run = endless(store)

    def stop_soon(steps: int) -> None:
        if steps >= 3:
            store.request_stop(run)

    assert execute(store, run, stop_soon) == End("stopped")
    stopped = store.run(run)
    assert stopped.status == "stopped"
    assert 3 <= stopped.done_steps < stopped.total_steps
    assert set(store.read(run, "accuracy")[0]["cell"]) == {"rnn", "gru"}


def test_a_run_that_was_deleted_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ASK_SECONDS", 0.0)
    run = endless(store)

    def delete(_: int) -> None:
        store.delete(run)

    assert execute(store, run, delete).status == "stopped"
    assert store.runs() == []


def test_ctrl_c_ends_a_run_as_stopped_and_is_put_back(store: Store) -> None:
    run = endless(store)
    before = signal.getsignal(signal.SIGINT)
    end = execute(store, run, lambda _: signal.raise_signal(signal.SIGINT))
    assert end == End("stopped", by_signal=True)
    assert signal.getsignal(signal.SIGINT) is before
    assert store.run(run).status == "stopped"
    assert len(store.read(run, "accuracy")[0])


def test_an_error_is_kept_with_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the numbers ran out")

    monkeypatch.setattr(training, "train", fail)
    run = store.create(TINY)
    assert execute(store, run) == End("failed", "the numbers ran out")
    assert store.run(run).status == "failed"
    assert store.run(run).message == "the numbers ran out"


def test_a_run_goes_on_with_the_kernels_that_it_was_begun_with_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has measured stays, a new run is trained, and with its kernels it does go on."""
    monkeypatch.setattr(running, "ASK_SECONDS", 0.0)
    run = store.create(TINY)
    execute(store, run, lambda _: store.request_stop(run))
    before = from_store(store, run).tables
    assert store.run(run).kernels == COMPILED
    assert len(before["accuracy"])
    with monkeypatch.context() as without:
        without.setattr("models.kernels.version.find_spec", lambda _: None)
        assert store.resume(run, identity())
        told = "begun with the kernels 'compiled 1' and would continue with 'reference 1'"
        with pytest.raises(ExperimentError, match=told):
            execute(store, run)
        refused = store.run(run)
        assert (refused.status, refused.kernels, refused.resumable) == ("failed", COMPILED, True)
        assert told in refused.message
        assert refused.message.endswith("What it has measured stays; train it anew")
        for name, rows in from_store(store, run).tables.items():
            pd.testing.assert_frame_equal(rows, before[name], check_exact=True)
        anew = store.create(TINY)
        assert execute(store, anew) == End("finished")
        assert store.run(anew).kernels == REFERENCE
        assert from_store(store, anew).environment["kernels"] == REFERENCE
    assert store.resume(run, identity())
    assert execute(store, run) == End("finished")
    assert len(from_store(store, run).tables["accuracy"]) > len(before["accuracy"])


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        OSError(12, "Cannot allocate memory"),
        MemoryError(),
    ],
)
def test_memory_that_has_run_out_is_told_with_what_to_lower(error: Exception) -> None:
    assert reason(error).startswith("not enough memory for these settings: lower the hidden size")


def test_a_setting_that_cannot_be_run_is_told_as_it_is() -> None:
    assert reason(ExperimentError("device is cuda, but …")) == "device is cuda, but …"
    assert reason(KeyError("gate")) == "KeyError: 'gate'"


def test_a_run_with_rare_snapshots_says_that_it_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(running, "ALIVE_SECONDS", 0.0)
    told: list[list[str]] = []
    monkeypatch.setattr(store, "heartbeat", told.append)
    run = store.create(TINY)
    execute(store, run)
    assert told
    assert told[0] == [run]
