"""The store of runs: a database, by default one SQLite file with nothing to set up.

Trainers append while dashboards read, from several threads and processes at once: every call is
one short transaction.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.experiment import Experiment
from models.results.schema import MODEL, TABLES
from models.results.store_tables import (
    FLAGS,
    METADATA,
    NUMBERS,
    PROFILES,
    ROWS,
    RUNS,
    TEXTS,
    WEIGHTS,
)
from models.results.weights import from_bytes
from models.sharing import Model

Status = Literal["queued", "running", "finished", "stopped", "failed"]
ROOT = Path(__file__).resolve().parents[2]
BUSY_SECONDS = 30


@dataclass(frozen=True)
class Run:
    """One execution of an experiment. Times are UTC."""

    id: str
    experiment: Experiment
    status: Status
    message: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    updated: datetime
    """When its trainer, or whoever has it in a queue, last said anything."""
    done_steps: int
    """Optimiser steps of a model, on average."""
    total_steps: int
    environment: dict[str, str]
    stop_requested: bool


def default_url() -> str:
    """MEMORY_LAB_STORE, or a SQLite file in the project's root."""
    return os.environ.get("MEMORY_LAB_STORE") or f"sqlite:///{ROOT / '.memory_lab/runs.sqlite'}"


class Store:
    """Runs and what they measured. ``url`` is any SQLAlchemy database URL."""

    def __init__(self, url: str | None = None) -> None:
        self.url = sa.make_url(url or default_url())
        options: dict[str, Any] = {}
        if self.url.get_backend_name() == "sqlite":
            options["connect_args"] = {"timeout": BUSY_SECONDS}
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(self.url, **options)
        if self.url.get_backend_name() == "sqlite":
            sa.event.listen(self._engine, "connect", _use_wal)
        METADATA.create_all(self._engine)

    def create(self, experiment: Experiment) -> str:
        """A new run in the queue; returns its id."""
        now = datetime.now(UTC)
        run = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self._execute(
            sa.insert(RUNS).values(
                id=run,
                experiment=experiment.to_json(),
                status="queued",
                created=now,
                updated=now,
                total_steps=experiment.steps,
            )
        )
        return run

    def begin(self, run: str, environment: Mapping[str, str]) -> None:
        """The run trains from now on, in this environment."""
        now = datetime.now(UTC)
        self._update(run, status="running", started=now, updated=now, environment=dict(environment))

    def append(self, run: str, tables: Mapping[str, pd.DataFrame], done_steps: int) -> None:
        """Adds a snapshot's rows. A run that was deleted meanwhile gets none."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.id == run)
                .values(updated=datetime.now(UTC), done_steps=done_steps)
            )
            if changed.rowcount == 0:
                return
            for name, frame in tables.items():
                rows = _packed(frame) if name == "gradients" else _records(frame)
                target = PROFILES if name == "gradients" else ROWS[name]
                if rows:
                    connection.execute(sa.insert(target), [{**row, "run": run} for row in rows])

    def keep(self, run: str, cell: str, step: int, weights: Mapping[Model, np.ndarray]) -> None:
        """Keeps the parameters of models, in the place of earlier ones of the same models.

        A run that was deleted meanwhile gets none.
        """
        if not weights:
            return
        with self._engine.begin() as connection:
            experiment = connection.scalar(sa.select(RUNS.c.experiment).where(RUNS.c.id == run))
            if experiment is None:
                return
            task = Experiment.from_json(experiment).task
            for model, parameters in weights.items():
                connection.execute(sa.delete(WEIGHTS).where(_of_model(run, cell, **vars(model))))
                row = {"run": run, "task": task, "cell": cell, **vars(model), "step": step}
                data = np.asarray(parameters, np.float32).tobytes()
                connection.execute(sa.insert(WEIGHTS).values(**row, parameters=data))

    def finish(self, run: str, status: Status, message: str = "") -> None:
        """The run has ended, one way or another."""
        if status not in get_args(Status):
            raise ValueError(f"unknown status {status!r}")
        now = datetime.now(UTC)
        self._update(run, status=status, message=message, finished=now, updated=now)

    def heard_of(self, runs: Collection[str]) -> None:
        """Somebody still cares for these runs."""
        if runs:
            now = datetime.now(UTC)
            self._execute(sa.update(RUNS).where(RUNS.c.id.in_(runs)).values(updated=now))

    def silent(self, since: datetime) -> list[str]:
        """Runs that wait or train, and were last heard of before then."""
        query = sa.select(RUNS.c.id).where(
            RUNS.c.status.in_(("queued", "running")), RUNS.c.updated < since
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def request_stop(self, run: str) -> None:
        """Asks the run's trainer to end soon."""
        self._update(run, stop_requested=True)

    def stop_requested(self, run: str) -> bool:
        """Whether the run should end; one that was deleted should."""
        with self._engine.connect() as connection:
            wanted = connection.scalar(sa.select(RUNS.c.stop_requested).where(RUNS.c.id == run))
        return wanted is None or bool(wanted)

    def run(self, run: str) -> Run:
        """Raises KeyError where there is no such run."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run)).one_or_none()
        if row is None:
            raise KeyError(f"there is no run {run!r} in this store")
        return _run(row)

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(RUNS).order_by(RUNS.c.created.desc()))
            return [_run(row) for row in rows]

    def read(self, run: str, table: str, after: int = 0) -> tuple[pd.DataFrame, int]:
        """Rows of a table that came after the cursor ``after``, and the cursor behind them."""
        if table == "gradients":
            raise ValueError("gradient profiles are read with profiles()")
        source = ROWS[table]
        query = (
            sa.select(source).where(source.c.run == run, source.c.id > after).order_by(source.c.id)
        )
        with self._engine.connect() as connection:
            result = connection.execute(query)
            frame = pd.DataFrame(result.fetchall(), columns=list(result.keys()))
        cursor = int(frame["id"].iloc[-1]) if len(frame) else after
        return _typed(frame[list(TABLES[table])]), cursor

    def profiles(
        self, run: str, steps: Collection[int] | None = None, **only: object
    ) -> pd.DataFrame:
        """The gradients table, of all training steps or of some.

        ``only`` names columns with the value that they must have, such as ``cell`` and ``length``.
        """
        query = sa.select(PROFILES).where(PROFILES.c.run == run).order_by(PROFILES.c.id)
        if steps is not None:
            query = query.where(PROFILES.c.step.in_(list(steps)))
        for column, value in only.items():
            query = query.where(PROFILES.c[column] == value)
        with self._engine.connect() as connection:
            result = connection.execute(query)
            packed = pd.DataFrame(result.fetchall(), columns=list(result.keys()))
        return _unpacked(packed)

    def profile_steps(self, run: str) -> dict[str, int]:
        """The latest training step of each cell that has a profile."""
        query = (
            sa.select(PROFILES.c.cell, sa.func.max(PROFILES.c.step).label("step"))
            .where(PROFILES.c.run == run)
            .group_by(PROFILES.c.cell)
        )
        with self._engine.connect() as connection:
            return {row.cell: row.step for row in connection.execute(query)}

    def weights(self, run: str) -> pd.DataFrame:
        """Which models have their parameters kept: MODEL and ``step``, one row a model."""
        columns = [*MODEL, "step"]
        query = (
            sa.select(*(WEIGHTS.c[name] for name in columns))
            .where(WEIGHTS.c.run == run)
            .order_by(WEIGHTS.c.id)
        )
        with self._engine.connect() as connection:
            return _typed(pd.DataFrame(connection.execute(query).fetchall(), columns=columns))

    def parameters(
        self, run: str, cell: str, length: int, seed: int, learning_rate: float
    ) -> np.ndarray:
        """The kept parameters (P,), float32, of one model. Raises KeyError."""
        model = _of_model(run, cell, length=length, seed=seed, learning_rate=learning_rate)
        with self._engine.connect() as connection:
            data = connection.scalar(sa.select(WEIGHTS.c.parameters).where(model))
        if data is None:
            raise KeyError(
                f"run {run!r} has no weights of {cell} at length {length}, seed {seed}, learning "
                f"rate {learning_rate:g}: they are kept at its end, of the first seed or of all"
            )
        return from_bytes(data)

    def delete(self, run: str) -> None:
        """Removes the run and all that it measured."""
        with self._engine.begin() as connection:
            for table in (*ROWS.values(), PROFILES, WEIGHTS):
                connection.execute(sa.delete(table).where(table.c.run == run))
            connection.execute(sa.delete(RUNS).where(RUNS.c.id == run))

    def _update(self, run: str, **values: object) -> None:
        self._execute(sa.update(RUNS).where(RUNS.c.id == run).values(**values))

    def _execute(self, statement: sa.Executable) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement)


def _use_wal(connection: Any, _: object) -> None:
    # Readers then do not wait for the writer, nor the writer for them.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _run(row: sa.Row[Any]) -> Run:
    values = dict(row._mapping)
    for name in ("created", "started", "finished", "updated"):
        if values[name] is not None:
            values[name] = values[name].replace(tzinfo=UTC)
    return Run(**{**values, "experiment": Experiment.from_json(values["experiment"])})


def _of_model(run: str, cell: str, **identity: float) -> sa.ColumnElement[bool]:
    known = {"run": run, "cell": cell, **identity}
    return sa.and_(*(WEIGHTS.c[name] == value for name, value in known.items()))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False)]


def _packed(frame: pd.DataFrame) -> list[dict[str, Any]]:
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
        return _typed(pd.DataFrame(columns=columns))
    norms = [np.frombuffer(data, np.float32) for data in packed["norms"]]
    lengths = [len(norm) for norm in norms]
    frame = packed.drop(columns=["id", "norms"]).loc[packed.index.repeat(lengths)]
    frame["t"] = np.concatenate([np.arange(1, length + 1) for length in lengths])
    frame["gradient_norm"] = np.concatenate(norms).astype(float)
    return frame[columns].reset_index(drop=True)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Column types that do not depend on whether there are rows, or NaN among them."""
    kinds = dict.fromkeys(TEXTS, "str") | dict.fromkeys(FLAGS, "bool")
    kinds |= dict.fromkeys(NUMBERS, "int64")
    return frame.astype({name: kinds.get(str(name), "float64") for name in frame})
