"""What runs have measured, in the store: written as it is measured, read bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.analysis.schema import MODEL_COLUMNS, TABLES, no_rows, table_of, typed
from models.experiment.partition import ModelKey, partition
from models.settings.quoting import quoted
from models.store.database import Database
from models.store.errors import UnknownRunError
from models.store.run import read_experiment, read_experiments
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS
from models.training.checkpoint import Checkpoint
from models.training.snapshot import Snapshot
from models.training.weights import from_bytes

ROW_BYTES = 150
"""Bytes that a row takes, about, its place in an index included."""
BLOCK_ROWS = 20_000
"""Rows that are read at once: as objects they take ten times what they do in a data frame."""

Rows = list[dict[str, Any]]


class Measurements(Database):
    """The tables of results, profiles, weights and checkpoints of every run."""

    def append(
        self, run_id: str, snapshot: Snapshot, done_steps: int, process: str | None = None
    ) -> None:
        """Adds what is new in a snapshot, all of it or nothing.

        New is what was measured after the last step that is stored of its population: a run that
        continues from an earlier checkpoint measures some steps again. A run that was deleted
        meanwhile gets nothing, nor does one that another than this ``process`` trains by now.
        """
        rows = {name: _rows(name, frame) for name, frame in snapshot.tables.items()}
        trains_it = sa.true() if process is None else RUNS.c.process == process
        own = sa.update(RUNS).where(RUNS.c.id == run_id)
        noted = own.where(trains_it).values(updated=datetime.now(UTC))

        def work(connection: sa.Connection) -> None:
            if not connection.execute(noted).rowcount:
                return
            stored = _stored_step(connection, run_id, str(snapshot.shard))
            size = _insert(connection, run_id, _after(rows, stored))
            size += _keep_weights(connection, run_id, snapshot)
            _note_part(connection, run_id, snapshot, stored)
            # After a fault, what is trained again may lie behind what is stored.
            done = max(done_steps, _average_step(connection, run_id))
            connection.execute(own.values(size=RUNS.c.size + size, done_steps=done))

        self.writing(work)

    def stored_steps(self, run_id: str) -> dict[str, int]:
        """The last step of which everything is stored, of each population, by its shard's name."""
        query = sa.select(SHARDS.c.part, SHARDS.c.step).where(SHARDS.c.run == run_id)
        with self.reading() as connection:
            return {row.part: int(row.step) for row in connection.execute(query)}

    def checkpoints(
        self, run_id: str, shards: Collection[str] | None = None
    ) -> dict[str, Checkpoint]:
        """The last checkpoint of each population that has one, by the name of its shard.

        With ``shards``, of those alone.
        """
        query = sa.select(SHARDS).where(SHARDS.c.run == run_id, SHARDS.c.checkpoint.is_not(None))
        if shards is not None:
            query = query.where(SHARDS.c.part.in_(list(shards)))
        with self.reading() as connection:
            return {
                row.part: Checkpoint.from_bytes(row.checkpoint) for row in connection.execute(query)
            }

    def checkpoint_names(self, run_id: str) -> list[str]:
        """The names of the shards whose populations have a checkpoint."""
        query = sa.select(SHARDS.c.part).where(SHARDS.c.checkpoint.is_not(None))
        with self.reading() as connection:
            return list(connection.scalars(query.where(SHARDS.c.run == run_id)))

    def read(self, run_id: str, table: str, after: int = 0) -> tuple[pd.DataFrame, int]:
        """The rows of a table that came after the cursor ``after``, and the cursor behind them."""
        if table == "gradients":
            raise ValueError("gradient profiles are read with profiles()")
        source = ROWS[table]
        columns = [source.c[name] for name in ("id", *TABLES[table])]
        query = (
            sa.select(*columns)
            .where(source.c.run == run_id, source.c.id > after)
            .order_by(source.c.id)
        )
        blocks = []
        with self.reading() as connection:
            found = connection.execution_options(yield_per=BLOCK_ROWS).execute(query)
            for rows in found.partitions():
                blocks.append(table_of([row[1:] for row in rows], TABLES[table]))
                after = int(rows[-1][0])
        if not blocks:
            return no_rows(table), after
        return (pd.concat(blocks, ignore_index=True) if len(blocks) > 1 else blocks[0]), after

    def profiles(
        self, run_id: str, steps: Collection[int] | None = None, **only: object
    ) -> pd.DataFrame:
        """The table of gradient profiles, of all training steps or of some.

        ``only`` names columns with the value that they must have, such as ``cell`` and ``length``.
        """
        query = sa.select(PROFILES).where(PROFILES.c.run == run_id).order_by(PROFILES.c.id)
        if steps is not None:
            query = query.where(PROFILES.c.step.in_(list(steps)))
        for column, value in only.items():
            query = query.where(PROFILES.c[column] == value)
        return _unpacked(self._frame(query))

    def profile_steps(self, run_id: str) -> dict[str, int]:
        """The latest training step with a gradient profile, of each cell that has one."""
        query = (
            sa.select(PROFILES.c.cell, sa.func.max(PROFILES.c.step).label("step"))
            .where(PROFILES.c.run == run_id)
            .group_by(PROFILES.c.cell)
        )
        with self.reading() as connection:
            return {row.cell: row.step for row in connection.execute(query)}

    def weights(self, run_id: str) -> pd.DataFrame:
        """The models whose parameters are kept: one row a model, with the ``step`` they are of."""
        columns = [WEIGHTS.c[name] for name in (*MODEL_COLUMNS, "step")]
        query = sa.select(*columns).where(WEIGHTS.c.run == run_id).order_by(WEIGHTS.c.id)
        return typed(self._frame(query))

    def parameters(
        self, run_id: str, cell: str, length: int, seed: int, learning_rate: float
    ) -> np.ndarray:
        """The kept parameters (P,), float32, of one model. Raises UnknownRunError."""
        model = _of_model(run_id, cell, length=length, seed=seed, learning_rate=learning_rate)
        with self.reading() as connection:
            data = connection.scalar(sa.select(WEIGHTS.c.parameters).where(model))
        if data is None:
            raise UnknownRunError(
                f"run {quoted(run_id)} has no weights of {cell} at length {length}, seed {seed}, "
                f"learning rate {learning_rate:g}: they are kept at its end, of the first seed or "
                "of all"
            )
        return from_bytes(data)

    def _frame(self, query: sa.Select[Any]) -> pd.DataFrame:
        with self.reading() as connection:
            result = connection.execute(query)
            return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def insertion(run_id: str, tables: Mapping[str, pd.DataFrame]) -> Callable[[sa.Connection], int]:
    """What adds rows to the tables and returns the bytes that they take, about.

    The rows are made here, before its transaction, which keeps others waiting.
    """
    rows = {name: _rows(name, frame) for name, frame in tables.items()}
    return lambda connection: _insert(connection, run_id, rows)


def _rows(name: str, frame: pd.DataFrame) -> Rows:
    """A table as the database holds it."""
    return _packed(frame) if name == "gradients" else _records(frame)


def _insert(connection: sa.Connection, run_id: str, tables: Mapping[str, Rows]) -> int:
    size = 0
    for name, rows in tables.items():
        target = PROFILES if name == "gradients" else ROWS[name]
        if rows:
            connection.execute(sa.insert(target), [{**row, "run": run_id} for row in rows])
            size += sum(ROW_BYTES + len(row.get("norms", b"")) for row in rows)
    return size


def insert_weights(
    connection: sa.Connection,
    run_id: str,
    rows: Mapping[str, Any],
    model: ModelKey,
    parameters: np.ndarray,
) -> int:
    """Keeps one model's parameters in the place of earlier ones; returns the bytes it adds.

    ``rows`` has its task, cell and step.
    """
    own = _of_model(run_id, rows["cell"], **vars(model))
    replaced = connection.execute(sa.delete(WEIGHTS).where(own)).rowcount
    data = np.asarray(parameters, np.float32).tobytes()
    row = {"run": run_id, **rows, **vars(model), "parameters": data}
    connection.execute(sa.insert(WEIGHTS).values(**row))
    return 0 if replaced else ROW_BYTES + len(data)


def _keep_weights(connection: sa.Connection, run_id: str, snapshot: Snapshot) -> int:
    if not snapshot.weights:
        return 0
    experiment = connection.scalar(sa.select(RUNS.c.experiment).where(RUNS.c.id == run_id)) or ""
    task = read_experiment(experiment).task
    rows = {"task": task, "cell": snapshot.cell, "step": snapshot.step}
    return sum(
        insert_weights(connection, run_id, rows, model, parameters)
        for model, parameters in snapshot.weights.items()
    )


def _stored_step(connection: sa.Connection, run_id: str, part: str) -> int:
    """The last step of which everything is stored; -1 before the first measurement."""
    query = sa.select(SHARDS.c.step).where(SHARDS.c.run == run_id, SHARDS.c.part == part)
    step = connection.scalar(query)
    return -1 if step is None else int(step)


def _average_step(connection: sa.Connection, run_id: str) -> int:
    """The optimiser steps of a model of which everything is stored, on average."""
    query = sa.select(RUNS.c.experiment, RUNS.c.earlier).where(RUNS.c.id == run_id)
    models = _models_by_part(*connection.execute(query).one())
    stored = connection.execute(
        sa.select(SHARDS.c.part, SHARDS.c.step).where(SHARDS.c.run == run_id)
    )
    steps = sum(models.get(row.part, 0) * int(row.step) for row in stored)
    return steps // sum(models.values())


@lru_cache(maxsize=100)
def _models_by_part(experiment: str, earlier: str) -> dict[str, int]:
    """The number of models in each population of a run, by the name of its shard."""
    shards = partition(read_experiment(experiment), read_experiments(earlier))
    return {str(shard): len(shard.models) for shard in shards}


def _note_part(connection: sa.Connection, run_id: str, snapshot: Snapshot, stored: int) -> None:
    values: dict[str, Any] = {"step": max(snapshot.step, stored)}
    if snapshot.checkpoint:
        values["checkpoint"] = snapshot.checkpoint.to_bytes()
    own = {"run": run_id, "part": str(snapshot.shard)}
    if stored < 0:
        connection.execute(sa.insert(SHARDS).values(**own, **values))
    else:
        known = sa.and_(*(SHARDS.c[name] == value for name, value in own.items()))
        connection.execute(sa.update(SHARDS).where(known).values(**values))


def _after(tables: Mapping[str, Rows], step: int) -> dict[str, Rows]:
    return {name: [row for row in rows if row["step"] > step] for name, rows in tables.items()}


def _of_model(run_id: str, cell: str, **identity: float) -> sa.ColumnElement[bool]:
    known = {"run": run_id, "cell": cell, **identity}
    return sa.and_(*(WEIGHTS.c[name] == value for name, value in known.items()))


def _records(frame: pd.DataFrame) -> Rows:
    # Lists: what a frame holds texts in, its names too, is slow to go through.
    names = [str(name) for name in frame]
    columns = (frame[name].tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _packed(frame: pd.DataFrame) -> Rows:
    """One row a profile, its norms as bytes, in the order of t."""
    identity = ["task", "cell", "length", "seed", "learning_rate", "step", "state"]
    return [
        {
            **dict(zip(identity, key, strict=True)),
            "norms": rows.sort_values("t")["gradient_norm"].to_numpy(np.float32).tobytes(),
        }
        for key, rows in frame.groupby(identity, sort=False)
    ]


def _unpacked(packed: pd.DataFrame) -> pd.DataFrame:
    columns = list(TABLES["gradients"])
    if packed.empty:
        return no_rows("gradients")
    norms = [np.frombuffer(data, np.float32) for data in packed["norms"]]
    lengths = [len(norm) for norm in norms]
    frame = packed.drop(columns=["id", "norms"]).loc[packed.index.repeat(lengths)]
    frame["t"] = np.concatenate([np.arange(1, length + 1) for length in lengths])
    frame["gradient_norm"] = np.concatenate(norms).astype(float)
    return frame[columns].reset_index(drop=True)
