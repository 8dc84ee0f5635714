"""What a cluster's client moves and stores: ``python -m tests.benchmarks.cluster``.

Two worker processes of this machine train a small sweep, on a new store; the same sweep is trained
without them. Then a hundred machines are simulated: workers that wait as long as a turn takes, and
hand back what was measured before, so that scheduler, client and store do all of their work.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from unittest.mock import patch

from models.experiment import Experiment
from models.experiment.partition import Shard, partition
from models.kernels.version import COMPILED
from models.service.running import Trainer, execute
from models.store import Store
from models.training import pieces
from models.training.checkpoint import Checkpoint
from models.training.cluster import Cluster, connected
from models.training.pieces import train_turn
from models.training.snapshot import Snapshot

SWEEP = Experiment(
    lengths=(20, 50), seeds=10, steps=200, evaluate_every=20, hidden_size=32, device="cpu"
)
WORKERS = 2
HUNDRED = 100
"""Workers that are simulated, with one thread each."""
WAITS = (4.0, 1.0)
"""Seconds of their turns."""
EMPTY_TASKS = 500


def main() -> None:
    """Prints a line for each figure."""
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0") as local,
        connected(local.scheduler_address) as cluster,
    ):
        _seconds(cluster.train, SWEEP)  # workers import torch
        print(f"{WORKERS} workers: {_seconds(cluster.train, SWEEP):.1f} s")
        print(f"this process: {_seconds(None, SWEEP):.1f} s")
        print(f"an empty task: {_empty_task(cluster) * 1000:.1f} ms of scheduler and client")
    turns = {cell: _turns(cell) for cell in SWEEP.cells}
    for cell, (first, second) in turns.items():
        sent, came = (len(pickle.dumps(one)) / 1000 for one in (first.checkpoint, second))
        print(f"a turn of one {cell}: {sent:.0f} kB to the worker, {came:.0f} kB back")
    for size in (1, 10):
        print(f"the store takes {_stored(turns['lstm'][1], size):.0f} snapshots of {size} LSTM/s")
    for seconds in WAITS:
        _simulate(seconds)


def _turns(cell: str) -> tuple[Snapshot, Snapshot]:
    """The snapshots of the first two turns of one model."""
    piece = Shard(cell, partition(SWEEP)[-1].models[:1])
    first = train_turn(SWEEP, piece, None, COMPILED)
    return first, train_turn(SWEEP, piece, first.checkpoint, COMPILED)


def _empty_task(cluster: Cluster) -> float:
    begin = time.perf_counter()
    futures = [cluster.client.submit(int, index, pure=False) for index in range(EMPTY_TASKS)]
    cluster.client.gather(futures)
    return (time.perf_counter() - begin) / EMPTY_TASKS


def _stored(snapshot: Snapshot, models: int) -> float:
    """How many snapshots of so many models a second, with checkpoints, a new store takes."""
    shard = next(one for one in partition(SWEEP) if one.cell == snapshot.cell)
    assert snapshot.checkpoint
    whole = replace(
        pieces._side_by_side(shard, [snapshot] * models),
        checkpoint=pieces.join([snapshot.checkpoint] * models),
    )
    times = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.sqlite'}")
        run = store.create(SWEEP)
        for step in range(30):
            begin = time.perf_counter()
            store.append(run, replace(whole, step=step), step)
            times.append(time.perf_counter() - begin)
    return 1 / median(times)


def _simulate(seconds: float) -> None:
    """Trains nothing on HUNDRED workers whose turns take so long; says what they could do."""
    from distributed import LocalCluster

    sweep = replace(SWEEP, cells=("lstm",), seeds=HUNDRED, steps=100)
    known = _turns("lstm")[1]
    threads = LocalCluster(
        n_workers=1, processes=False, threads_per_worker=HUNDRED, dashboard_address=":0"
    )

    def turn(_: Experiment, piece: Shard, before: Checkpoint | None, __: str) -> Snapshot:
        time.sleep(seconds)
        step = before.step + sweep.evaluate_every if before else 0
        return _of_piece(known, piece, step)

    with (
        threads,
        patch.object(pieces, "train_turn", turn),
        connected(threads.scheduler_address) as cluster,
    ):
        took = _seconds(cluster.train, sweep)
    turns = len(partition(sweep)[0].models) * (sweep.steps // sweep.evaluate_every + 1)
    share = turns * seconds / HUNDRED / took
    print(
        f"{HUNDRED} simulated workers with turns of {seconds:g} s: {turns} turns in {took:.1f} s, "
        f"{turns / took:.0f} a second, at work {share:.0%} of the time"
    )


def _of_piece(known: Snapshot, piece: Shard, step: int) -> Snapshot:
    """The snapshot of one model as if it were that of a piece of one, after so many steps."""
    (model,) = piece.models
    assert known.checkpoint
    tables = {
        name: table.assign(
            length=model.length,
            seed=model.seed,
            step=table["step"] - known.step + step,
        )
        for name, table in known.tables.items()
    }
    return Snapshot(piece, step, tables, {}, replace(known.checkpoint, step=step))


def _seconds(trainer: Trainer | None, sweep: Experiment) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'runs.sqlite'}")
        begin = time.perf_counter()
        end = execute(store, store.create(sweep), trainer=trainer)
        assert end.status == "finished", end
        return time.perf_counter() - begin


if __name__ == "__main__":
    main()
