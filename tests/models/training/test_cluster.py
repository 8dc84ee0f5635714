"""Training on a Dask cluster: several worker processes of this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.command_line.main import main
from models.exchange.files import from_store
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import partition
from models.service.running import End, execute
from models.store import Store
from models.training import cluster as clusters
from models.training import population_trainer
from models.training.cluster import Cluster, ClusterError, connected
from models.training.pieces import join, split, train_turn
from models.training.train import train
from tests.models.training.small import small

EXPERIMENT = small(
    cells=("rnn", "lstm:norm=batch"),
    lengths=(10, 18),
    steps=30,
    evaluate_every=10,
    learning_rate=(0.01, 0.02),
    test_lengths=(25,),
    keep_weights="all",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The scheduler of three workers, each a process that is started again when it is killed."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=3, processes=True, threads_per_worker=1, dashboard_address=":0"
    ) as local:
        yield local.scheduler_address


@pytest.fixture
def cluster(address: str) -> Iterator[Cluster]:
    with connected(address) as found:
        found.client.wait_for_workers(3)
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def trained(
    store: Store,
    cluster: Cluster | None,
    experiment: Experiment = EXPERIMENT,
    follow: Callable[[int], None] = lambda steps: None,
) -> str:
    """A new run of the store, trained to its end on a cluster or here."""
    run = store.create(experiment)
    trainer = cluster.train if cluster else None
    assert execute(store, run, follow, trainer=trainer) == End("finished")
    return run


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """The store and the id of a run that was trained in this process."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('local') / 'runs.sqlite'}")
    return store, trained(store, None)


def assert_equal(store: Store, run: str, expected: tuple[Store, str]) -> None:
    """Tables, weights and last checkpoints are those of another run, bit for bit."""
    known, other = expected
    own, its = from_store(store, run), from_store(known, other)
    for name in TABLES:
        pd.testing.assert_frame_equal(
            own.tables[name].drop(columns="run"),
            its.tables[name].drop(columns="run"),
            check_exact=True,
        )
    assert own.weights.keys() == its.weights.keys()
    assert len(own.weights) == 2 * 2 * 2 * 2
    assert all(own.weights[key].tobytes() == its.weights[key].tobytes() for key in own.weights)
    ends, others = store.checkpoints(run), known.checkpoints(other)
    assert ends.keys() == others.keys()
    assert all(ends[name].to_bytes() == others[name].to_bytes() for name in ends)


def test_a_cluster_measures_what_this_process_does(
    store: Store, cluster: Cluster, local: tuple[Store, str]
) -> None:
    assert cluster.threads == 3
    run = trained(store, cluster)
    assert store.run(run).done_steps == EXPERIMENT.steps
    assert_equal(store, run, local)


def test_what_a_killed_worker_had_is_trained_elsewhere(
    store: Store, cluster: Cluster, local: tuple[Store, str]
) -> None:
    at_work = cluster.client.run(os.getpid)
    killed: list[int] = []

    def kill_one(steps: int) -> None:
        if not killed and steps >= 10:
            busy = [worker for worker, keys in cluster.client.processing().items() if keys]
            killed.append(at_work[busy[0]])
            os.kill(killed[0], signal.SIGKILL)

    run = trained(store, cluster, follow=kill_one)
    assert killed
    assert_equal(store, run, local)
    cluster.client.wait_for_workers(3)
    assert killed[0] not in cluster.client.run(os.getpid).values()


def test_a_result_that_is_lost_with_its_worker_is_measured_again_and_written_once(
    store: Store, cluster: Cluster, local: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, gather = cluster.client.run(os.getpid), cluster.client.gather
    killed: list[int] = []

    def kill_first(futures: Sequence[Any]) -> Any:
        if not killed:
            (worker, *_) = cluster.client.who_has(futures[:1])[futures[0].key]
            killed.append(at_work[worker])
            os.kill(killed[0], signal.SIGKILL)
        return gather(futures)

    monkeypatch.setattr(cluster.client, "gather", kill_first)
    run = trained(store, cluster)
    assert killed
    assert_equal(store, run, local)


@pytest.mark.parametrize("resumed_on_the_cluster", [True, False])
def test_a_stopped_run_keeps_what_came_and_goes_on_anywhere(
    store: Store, cluster: Cluster, local: tuple[Store, str], resumed_on_the_cluster: bool
) -> None:
    run = store.create(EXPERIMENT)

    def interrupt(steps: int) -> None:
        if steps >= 10:
            signal.raise_signal(signal.SIGINT)

    end = execute(store, run, interrupt, trainer=cluster.train)
    assert end == End("stopped", by_signal=True)
    stored = store.stored_steps(run)
    assert stored.keys() == set(map(str, partition(EXPERIMENT)))
    assert 10 <= min(stored.values()) < EXPERIMENT.steps
    kept = {name: one.step for name, one in store.checkpoints(run).items()}
    assert kept == stored
    assert store.weights(run)["step"].between(10, EXPERIMENT.steps).all()
    assert store.resume(run, None)
    trainer = cluster.train if resumed_on_the_cluster else None
    assert execute(store, run, trainer=trainer) == End("finished")
    assert_equal(store, run, local)


def test_turns_that_end_before_an_evaluation_come_to_the_same(cluster: Cluster) -> None:
    def turns_of(seconds: float) -> None:
        population_trainer.MAX_TURN_SECONDS = seconds

    experiment = replace(EXPERIMENT, cells=("rnn",), steps=10, evaluate_every=5)
    cluster.client.run(turns_of, 0.0)
    try:
        found = measured(cluster, experiment)
    finally:
        cluster.client.run(turns_of, population_trainer.MAX_TURN_SECONDS)
    assert [one.step for one in found] == [0, 5, 10]
    expected = list(train(experiment))
    for name in ("training", "accuracy", "diagnostics"):
        own, its = (
            pd.concat([one.tables[name] for one in run if name in one.tables])
            for run in (found, expected)
        )
        by = list(own.columns)
        pd.testing.assert_frame_equal(
            own.sort_values(by, ignore_index=True),
            its.sort_values(by, ignore_index=True),
            check_exact=True,
        )


def measured(cluster: Cluster, experiment: Experiment) -> list[Any]:
    shards = partition(experiment)
    return list(cluster.train(experiment, lambda: False, checkpoints={}, shards=shards))


def test_a_checkpoint_is_split_and_joined_to_the_same_bits() -> None:
    experiment = replace(EXPERIMENT, cells=("gru:norm=batch",), steps=5, task="copy")
    (shard,) = partition(experiment)
    whole = list(train(experiment))[-1].checkpoint
    assert whole is not None
    pieces = [replace(shard, models=part) for part in (shard.models[:5], shard.models[5:])]
    parts = split(whole, experiment, pieces)
    assert [len(part.generators) for part in parts] == [5, 3]
    assert join(parts).to_bytes() == whole.to_bytes()


def test_a_worker_with_other_kernels_is_refused() -> None:
    (shard,) = partition(replace(EXPERIMENT, cells=("rnn",)))
    with pytest.raises(ExperimentError, match="has the kernels 'compiled 1' and the run 'other 7'"):
        train_turn(EXPERIMENT, shard, None, "other 7")


def test_what_only_a_gpu_trains_is_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "kernels_on", lambda device: "reference 1")
    with pytest.raises(ExperimentError, match="use device cpu"):
        measured(cluster, EXPERIMENT)


def test_the_command_line_trains_on_a_cluster(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    settings = "--cells rnn --lengths 10 --seeds 2 --steps 5 --hidden-size 4 --held-out 8"
    assert main(["train", *settings.split(), "--scheduler", address]) == 0
    assert f"on 3 threads of the cluster at {address}" in capsys.readouterr().err
    (run,) = Store(url).runs()
    assert run.status == "finished"


def test_a_scheduler_that_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clusters, "ANSWER_SECONDS", 0.3)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        assert main(["train", "--scheduler", nobody]) == 2
    assert f"no scheduler answers at {nobody}: start one with" in capsys.readouterr().err


def test_a_scheduler_that_is_lost_leaves_a_run_that_can_be_resumed(
    store: Store, local: tuple[Store, str]
) -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as short_lived,
        connected(short_lived.scheduler_address) as cluster,
    ):
        run = store.create(EXPERIMENT)
        end = execute(store, run, lambda _: short_lived.close(), trainer=cluster.train)
    assert end.status == "interrupted"
    assert "is lost: what has arrived is kept" in end.message
    assert store.resume(run, None)
    assert execute(store, run) == End("finished")
    assert_equal(store, run, local)


def test_workers_with_other_libraries_are_said(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cluster.check() == ""
    here = {**clusters._numerics(), "torch": "1.0"}
    there = here["torch"], version("torch")
    monkeypatch.setattr(clusters, "_numerics", lambda: here)
    monkeypatch.setattr(cluster.client, "run", lambda _: {"a": {**here, "torch": there[1]}})
    assert cluster.check() == f"torch {there[1]}, not {there[0]} as here"


def test_a_scheduler_without_workers_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        assert main(["train", "--scheduler", empty.scheduler_address]) == 2
    assert "has no workers: start `python -m dask worker tcp://" in capsys.readouterr().err


def test_an_address_that_is_none_is_said() -> None:
    with pytest.raises(ClusterError, match="no scheduler answers at nonsense://here"):
        connected("nonsense://here").__enter__()


def test_without_dask_the_option_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["train", "--scheduler", "tcp://127.0.0.1:8786"]) == 2
    assert f'pip install "{clusters.REQUIREMENT}"' in capsys.readouterr().err
