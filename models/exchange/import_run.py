"""Makes exported results runs of the store, wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.exchange.bundle import unbundled
from models.exchange.files import ALWAYS
from models.exchange.import_files import MOST_BYTES, Export, ImportedError, opened
from models.exchange.table_check import TableCheck
from models.settings.quoting import quoted
from models.store import Store, StoreError
from models.store.measurements import ROW_BYTES, insertion
from models.store.process import identity, is_gone, is_here
from models.store.run import BROKEN_OFF, Status
from models.store.runs import new_run
from models.store.summaries import summarise
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS

IMPORT = "import by "
"""What marks the rows of a run that is on its way into the store: a part of it, by this process."""
MOST_DELETED = 5_000
"""How many rows are deleted in one transaction."""


def import_file(store: Store, paths: Sequence[Path], visitor: str | None = None) -> str:
    """Opens a ZIP, or the files of one run, as ``import_runs`` does; returns the run's id."""
    (run_id,) = _imported(store, {"": paths}, visitor)
    return run_id


def import_runs(store: Store, paths: Sequence[Path], visitor: str | None = None) -> list[str]:
    """Opens a ZIP, or the files of one run, as runs of this visitor's; returns their ids.

    The ZIP is that of a run, or holds the ZIPs of several. All of it is checked before any of it is
    stored. The rows of a run are written in transactions of some thousand, so that others can write
    in between, and the run itself comes last: it is not listed before it is whole. It cannot be
    resumed: how its training stood is not in files. Raises ImportedError where the files are wrong,
    and StoreError; the store is then as it was.
    """
    with unbundled(paths) as runs:
        return _imported(store, runs, visitor)


def _imported(store: Store, runs: Mapping[str, Sequence[Path]], visitor: str | None) -> list[str]:
    stored: list[str] = []
    with ExitStack() as stack:
        checked = []
        left = MOST_BYTES
        for name, paths in runs.items():
            with _of(name):
                export = stack.enter_context(opened(paths))
                left -= sum(source.size for source in export.sources.values())
                if left < 0:
                    most = f"{MOST_BYTES / 10**6:g} MB"
                    raise ImportedError(f"with this run they are larger than {most} together")
                made = new_run(export.experiment, visitor, None, export.labels)
                checked.append((export, made | _ended(export)))
        try:
            for export, run in checked:
                stored.append(_stored(store, export, run))
        except BaseException:
            with suppress(StoreError):
                for run_id in stored:
                    store.delete(run_id)
            raise
    # Where the store does not answer now, whoever lists the runs makes up for it.
    with suppress(StoreError):
        for run_id in stored:
            summarise(store, store.run(run_id))
    return stored


@contextmanager
def _of(name: str) -> Iterator[None]:
    """What is wrong with one of several runs names it."""
    try:
        yield
    except ImportedError as error:
        raise ImportedError(f"{quoted(name)}: {error}" if name else str(error)) from error


def discard_broken_off(store: Store) -> None:
    """Deletes what imports have left whose process ended before they did. Raises StoreError."""
    for run_id, part in _marks(store):
        process = part.removeprefix(IMPORT)
        if is_here(process) and is_gone(process):
            _discard(store, run_id)


def _marks(store: Store) -> list[tuple[str, str]]:
    """Runs on their way into the store, each with what marks it."""
    query = sa.select(SHARDS.c.run, SHARDS.c.part).where(SHARDS.c.part.startswith(IMPORT))
    with store.reading() as connection:
        return [(row.run, row.part) for row in connection.execute(query)]


def _stored(store: Store, export: Export, run: Mapping[str, Any]) -> str:
    discard_broken_off(store)
    run_id: str = run["id"]
    mark = {"run": run_id, "part": f"{IMPORT}{identity()}", "step": 0}
    try:
        store.writing(lambda connection: connection.execute(sa.insert(SHARDS).values(**mark)))
        values = {**run, "size": sum(store.writing(work) for work in _writes(export, run_id))}

        def complete(connection: sa.Connection) -> None:
            # Once, also where the answer of a server was lost on its way.
            if connection.execute(sa.delete(SHARDS).where(SHARDS.c.run == run_id)).rowcount:
                connection.execute(sa.insert(RUNS).values(**values))

        store.writing(complete)
    except BaseException:
        # What cannot be deleted now is, once this process has ended.
        with suppress(StoreError):
            _discard(store, run_id)
        raise
    return run_id


def _writes(export: Export, run_id: str) -> Iterator[Callable[[sa.Connection], int]]:
    """Transactions, which return the bytes that they add, about."""
    for name, rows in export.tables(export.checks()):
        yield insertion(run_id, {name: rows.drop(columns="run")})
    for model, parameters in export.weights():
        row = {"run": run_id, "task": export.experiment.task, **asdict(model)}
        yield partial(_insert_weights, row={**row, "parameters": parameters})


def _insert_weights(connection: sa.Connection, row: Mapping[str, Any]) -> int:
    connection.execute(sa.insert(WEIGHTS).values(**row))
    return ROW_BYTES + len(row["parameters"])


def _discard(store: Store, run_id: str) -> None:
    """Deletes the rows of a run that never became one; where it has, its mark is gone."""
    if run_id not in {marked for marked, _ in _marks(store)}:
        return
    for table in (*ROWS.values(), PROFILES, WEIGHTS):
        some = sa.select(table.c.id).where(table.c.run == run_id).limit(MOST_DELETED)
        statement = sa.delete(table).where(table.c.id.in_(some))
        while store.writing(partial(_deleted, statement=statement)):
            pass
    statement = sa.delete(SHARDS).where(SHARDS.c.run == run_id)
    store.writing(partial(_deleted, statement=statement))


def _deleted(connection: sa.Connection, statement: sa.Delete) -> int:
    return connection.execute(statement).rowcount


def _ended(export: Export) -> dict[str, Any]:
    """Reads everything once; returns the columns of a run as far as it had come.

    One that was active has stopped for us. One that had finished, and whose last evaluation is not
    there, is not shown as finished. Raises ImportedError.
    """
    checks = export.checks()
    for _ in chain(export.weights(), export.tables(checks)):
        pass
    now = datetime.now(UTC)
    status_then = export.environment.get("status", "")
    status: Status = status_then if status_then in ("finished", *BROKEN_OFF) else "stopped"
    missing = _missing(export, checks)
    if status == "finished" and not checks["accuracy"].evaluated_at_end:
        status = "stopped"
    imported = f"as imported, without {missing}" if missing else "as imported"
    environment = {
        key: text for key, text in export.environment.items() if key not in ("created", "status")
    }
    return {
        "status": status,
        "message": imported if missing or status != "finished" else "",
        "started": now,
        "finished": now,
        "done_steps": max(0, *(int(check.last.max()) for check in checks.values())),
        "environment": {**environment, "imported": f"{now:%Y-%m-%d %H:%M} UTC"},
    }


def _missing(export: Export, checks: Mapping[str, TableCheck]) -> str:
    """What these results lack of what every run has that has come so far, in words."""
    experiment, accuracy = export.experiment, checks["accuracy"]
    expected = {name for name in ALWAYS if name != "training" or experiment.steps}
    expected |= {"validation"} if len(experiment.learning_rate) > 1 else set()
    expected |= {"generalisation"} if experiment.test_lengths else set()
    # Not known without the table of accuracies.
    diverged = accuracy.diverged | (accuracy.last < 0)
    lacking = []
    for name, check in checks.items():
        due = export.finished and name in expected
        if (check.last >= 0).any():
            lacking.append(check.lacking(due, diverged))
        elif due:
            lacking.append(check.file)
    return " and ".join(filter(None, lacking))
