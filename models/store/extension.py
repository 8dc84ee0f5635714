"""Runs that extend a finished run: made, and given what the two have in common.

An extension is a run of its own, and the one that it extends stays as it is. Before it trains it
takes over rows, weights and last checkpoints, inside the database and a block at a time; what it
then lacks is trained as by any run, so that a resumed run and an extended one are the same. Where
the other is deleted before, everything is trained, to the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import sqlalchemy as sa

from models.analysis import diagnostic_names
from models.analysis.narrowing import Goal
from models.analysis.schema import AT_BOTH_ENDS, AT_END, AT_EVERY_STEP
from models.experiment import Experiment, ExperimentError
from models.experiment.extension import hindrance
from models.experiment.partition import average_step, partition, starting_steps
from models.kernels.version import COMPILED
from models.store.measurements import ROW_BYTES
from models.store.run import Run, write_experiments
from models.store.store import Store
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS

BLOCK_ROWS = 5_000
"""How many rows are copied in one transaction, which keeps others waiting."""
PACKED = {PROFILES.name: PROFILES.c.norms, WEIGHTS.name: WEIGHTS.c.parameters}
"""The columns of bytes."""


def extend(
    store: Store,
    run_id: str,
    wanted: Experiment,
    visitor: str | None = None,
    process: str | None = None,
    narrows: Goal | None = None,
) -> str:
    """Makes a run that waits and extends a finished one to this experiment; returns its id.

    With a ``process``, this is about to train it. One that ``narrows`` memory spans down is
    extended further as it goes, and may begin as the other has ended. Raises ExperimentError where
    the run cannot be extended so, and UnknownRunError.
    """
    run = store.run(run_id)
    same = narrows and wanted == run.experiment
    if reason := not_extendable(run) if same else why_not(store, run, wanted):
        raise ExperimentError(reason)
    earlier = (*run.earlier, run.experiment)
    shared = average_step(starting_steps(wanted, earlier))
    return store.create(
        wanted,
        visitor,
        process,
        narrows,
        extends=run.id,
        earlier=write_experiments(earlier),
        kernels=run.kernels,
        done_steps=shared,
        steps_at_start=shared,
    )


def why_not(store: Store, run: Run, wanted: Experiment) -> str:
    """Why a run cannot be extended to this experiment, and what to do; empty where it can."""
    return (
        not_extendable(run)
        or hindrance(run.experiment, wanted)
        or _no_checkpoints(store, run, wanted)
    )


def not_extendable(run: Run) -> str:
    """Why a run cannot be extended, whatever is added, and what to do; empty where it can."""
    if run.active:
        return f"run {run.short_id} is {run.status}: extend it when it has finished, or stop it"
    if run.resumable and run.status != "finished":
        return (
            f"run {run.short_id} was {run.status}: resume it first, and extend it when it has "
            "finished"
        )
    if run.kernels is None:
        return (
            f"run {run.short_id} was imported, or trained by an older release: its numbers are "
            "not to the last digit those of this release, train a new run"
        )
    if run.kernels != COMPILED:
        return (
            f"run {run.short_id} was trained with the kernels {run.kernels!r}, and only what "
            f"{COMPILED!r} train does not depend on which models train together: train a new run"
        )
    return ""


def _no_checkpoints(store: Store, run: Run, wanted: Experiment) -> str:
    """Why a run's models cannot train on; empty where they can, or need not."""
    if wanted.steps == run.experiment.steps:
        return ""
    kept = set(store.checkpoint_names(run.id))
    if all(str(shard) in kept for shard in partition(run.experiment, run.earlier)):
        return ""
    return (
        f"run {run.short_id} has no last checkpoints, since an older release trained it: keep "
        f"steps at {run.experiment.steps}, or train a new run"
    )


def grow(store: Store, run: Run, wanted: Experiment, process: str) -> None:
    """Makes a run that this process trains, and has trained to its end, the extension of itself."""
    earlier = (*run.earlier, run.experiment)
    done = average_step(starting_steps(wanted, earlier))
    values = {
        "experiment": wanted.to_json(),
        "earlier": write_experiments(earlier),
        "total_steps": wanted.steps,
        "done_steps": done,
        "steps_at_start": done,
    }
    own = sa.update(RUNS).where(RUNS.c.id == run.id, RUNS.c.process == process)
    store.writing(lambda connection: connection.execute(own.values(**values)))


def take_over(store: Store, run: Run, process: str) -> None:
    """Copies what a run shares with the one that it extends, unless it has it already.

    Only the rows that a run of this experiment has from its start: without the last evaluation of
    one with fewer steps, or one that was due to a stop. Raises StoreError.
    """
    if run.extends is None or store.stored_steps(run.id):
        return
    for table in (*ROWS.values(), PROFILES, WEIGHTS):
        _copy(store, run, table, process)
    # The run has been extended no further yet, so these are the other run's.
    *before, experiment = run.earlier
    steps = dict.fromkeys(map(str, partition(experiment, before)), experiment.steps)
    store.writing(partial(_complete, run=run, process=process, steps=steps))


def _copy(store: Store, run: Run, table: sa.Table, process: str) -> None:
    """Copies the rows of one table."""
    source, own = 0, 0
    while True:
        block = sa.select(table.c.id).where(table.c.run == run.extends, table.c.id > source)
        ends = sa.select(sa.func.max(block.order_by(table.c.id).limit(BLOCK_ROWS).subquery().c.id))
        with store.reading() as connection:
            end = connection.scalar(ends)
        if end is None:
            # What an attempt that was broken off has left, where the other run is gone since.
            store.writing(partial(_discard, table=table, run=run, after=own))
            return
        rows = sa.and_(table.c.run == run.extends, table.c.id > source, table.c.id <= end)
        own = store.writing(_block(run, table, process, rows, own))
        source = end


def _block(
    run: Run, table: sa.Table, process: str, rows: sa.ColumnElement[bool], after: int
) -> Callable[[sa.Connection], int]:
    """Copies a block of rows; returns the id of the last. Rows ``after`` it are replaced."""
    names = [column.name for column in table.c if column.name not in ("id", "run")]
    chosen = sa.select(sa.literal(run.id), *(table.c[name] for name in names))
    chosen = chosen.where(rows, _in_one_run(table, run.experiment)).order_by(table.c.id)

    def work(connection: sa.Connection) -> int:
        if not _is_ours(connection, run, process):
            return after
        _discard(connection, table, run, after)
        connection.execute(sa.insert(table).from_select(["run", *names], chosen))
        last = sa.select(sa.func.max(table.c.id)).where(table.c.run == run.id)
        return int(connection.scalar(last) or 0)

    return work


def _in_one_run(table: sa.Table, experiment: Experiment) -> sa.ColumnElement[bool]:
    """Which rows of earlier steps a run of this experiment has."""
    step, name = table.c.step, table.name
    last = step == experiment.steps
    evaluated = sa.or_(last, step % experiment.evaluate_every == 0)
    if name in AT_EVERY_STEP:
        return sa.true()
    if name in AT_END or table is WEIGHTS:
        return last
    if name in AT_BOTH_ENDS:
        return sa.or_(last, step == 0)
    if name == "diagnostics":
        diagnostic = table.c.diagnostic
        at_end = diagnostic.in_(diagnostic_names.AT_END)
        diverged = diagnostic.in_(diagnostic_names.AT_DIVERGENCE)
        return sa.or_(diverged, sa.and_(evaluated, sa.or_(last, sa.not_(at_end))))
    return evaluated


def _complete(connection: sa.Connection, run: Run, process: str, steps: Mapping[str, int]) -> None:
    """Notes that all is copied; where the other run was deleted meanwhile, what was goes.

    ``steps`` are those of its shards by name.
    """
    if not _is_ours(connection, run, process):
        return
    connection.execute(sa.delete(SHARDS).where(SHARDS.c.run == run.id))
    known = connection.scalar(sa.select(sa.exists().where(RUNS.c.id == run.extends)))
    if not known:
        for table in (*ROWS.values(), PROFILES, WEIGHTS):
            _discard(connection, table, run, 0)
        done = size = 0
    else:
        for name, step in steps.items():
            _copy_shard(connection, run, name, step)
        done, size = run.done_steps, _size(connection, run)
    values = {"done_steps": done, "steps_at_start": done, "size": size}
    connection.execute(sa.update(RUNS).where(RUNS.c.id == run.id).values(**values))


def _copy_shard(connection: sa.Connection, run: Run, name: str, step: int) -> None:
    kept = sa.select(SHARDS.c.checkpoint).where(SHARDS.c.run == run.extends, SHARDS.c.part == name)
    values = {"run": run.id, "part": name, "step": step, "checkpoint": kept.scalar_subquery()}
    connection.execute(sa.insert(SHARDS).values(**values))


def _is_ours(connection: sa.Connection, run: Run, process: str) -> bool:
    """Whether this process trains the run; it says that it goes on."""
    own = sa.update(RUNS).where(RUNS.c.id == run.id, RUNS.c.process == process)
    return bool(connection.execute(own.values(updated=datetime.now(UTC))).rowcount)


def _discard(connection: sa.Connection, table: sa.Table, run: Run, after: int) -> None:
    connection.execute(sa.delete(table).where(table.c.run == run.id, table.c.id > after))


def _size(connection: sa.Connection, run: Run) -> int:
    """Bytes of what a run has, about."""
    size = 0
    for table in (*ROWS.values(), PROFILES, WEIGHTS):
        packed = PACKED.get(table.name)
        taken = ROW_BYTES if packed is None else ROW_BYTES + sa.func.length(packed)
        query = sa.select(sa.func.coalesce(sa.func.sum(taken), 0)).where(table.c.run == run.id)
        size += int(connection.scalar(query) or 0)
    return size
