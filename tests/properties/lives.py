"""What a store must know of its runs, and what it knows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from models.experiment import Experiment
from models.experiment.partition import partition
from models.store import Status, Store
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS
from models.training.checkpoint import Checkpoint
from models.training.snapshot import Snapshot
from models.training.tidy import TidyTables
from tests.properties import tiny_run

STEPS = 4
TINY = Experiment(cells=("rnn", "gru"), lengths=(10,), seeds=2, steps=STEPS, device="cpu")
PARTS = partition(TINY)
ACTIVE: tuple[Status, ...] = ("queued", "running")
NOTHING = (-1,) * len(PARTS)


@dataclass(frozen=True)
class Life:
    """What the store knows of a run; steps are those of each population, -1 where there is none."""

    status: Status
    process: str | None = None
    done_steps: int = 0
    stored: tuple[int, ...] = NOTHING
    checkpoints: tuple[int, ...] = NOTHING
    measured: tuple[int, ...] = (0,) * len(PARTS)
    pinned: bool = False
    stop_requested: bool = False
    resumed: int = 0

    @property
    def kept(self) -> bool:
        """Whether housekeeping leaves it alone."""
        return self.pinned or self.status in ACTIVE


Lives = dict[str, Life]
IMPORTED = Life("finished", None, tiny_run.TINY.steps)


def snapshot(part: int, start: int, step: int, checkpoint: bool) -> Snapshot:
    """What a population measures from one step to another."""
    shard = PARTS[part]
    rows = TidyTables(TINY.task, shard.cell, shard.models)
    values = np.zeros((step - start, len(shard.models)))
    columns = dict.fromkeys(("loss", "accuracy", "gradient_norm"), values)
    norms = {"h": [np.zeros(2)] * len(shard.models)}
    return Snapshot(
        shard,
        step,
        {
            "training": rows.per_step(
                range(start + 1, step + 1), {**columns, "clipped": values > 0}
            ),
            "gradients": rows.profiles(step, norms),
        },
        {shard.models[0]: np.zeros(3, np.float32)},
        Checkpoint(step, {}, []) if checkpoint else None,
    )


def stored_lives(store: Store) -> Lives:
    """What the tables say of every run, and that there is nothing else in them."""
    names = [part.cell for part in PARTS]
    training = ROWS["training"]
    measured = sa.select(training.c.run, training.c.cell, training.c.step, sa.func.count())
    measured = measured.group_by(training.c.run, training.c.cell, training.c.step)
    with store.reading() as connection:
        runs = connection.execute(sa.select(RUNS)).all()
        shards = connection.execute(sa.select(SHARDS)).all()
        counted = connection.execute(measured.where(training.c.cell.in_(names))).all()
        tables = [sa.select(one.c.run) for one in (*ROWS.values(), PROFILES, WEIGHTS, SHARDS)]
        mentioned = set(connection.scalars(sa.union(*tables)))
    assert mentioned <= {run.id for run in runs}, "rows of a run that is gone"
    parts: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in shards:
        saved = Checkpoint.from_bytes(row.checkpoint).step if row.checkpoint else -1
        parts[row.run][row.part] = row.step, saved
    steps: dict[tuple[str, str], list[int]] = defaultdict(list)
    for run, cell, step, count in counted:
        assert count == TINY.seeds, "a step that is stored twice, or half"
        steps[run, cell].append(step)
    for (run, _), own in steps.items():
        assert sorted(own) == list(range(1, len(own) + 1)), f"steps are missing in {run}"
    return {
        run.id: Life(
            run.status,
            run.process,
            run.done_steps,
            tuple(parts[run.id].get(str(part), (-1, -1))[0] for part in PARTS),
            tuple(parts[run.id].get(str(part), (-1, -1))[1] for part in PARTS),
            tuple(len(steps[run.id, name]) for name in names),
            run.pinned,
            run.stop_requested,
            run.resumed,
        )
        for run in runs
    }
