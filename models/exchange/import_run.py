"""Results that were read from files, as a run of the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from models.exchange.files import Results
from models.experiment.partition import Model
from models.store import Store
from models.store.measurements import insert_rows, insert_weights
from models.store.run import BROKEN_OFF, Status
from models.store.runs import new_run
from models.store.tables import RUNS


def adopt(store: Store, results: Results, visitor: str | None = None) -> str:
    """Adds a run that has measured what ``results`` say, wholly or not at all; returns its id.

    It cannot be resumed: how its training stood is not in files.
    """
    values = new_run(results.experiment, visitor, process=None) | _ended(results)
    run: str = values["id"]

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.insert(RUNS).values(**values))
        tables = {name: frame.drop(columns="run") for name, frame in results.tables.items()}
        size = insert_rows(connection, run, tables)
        for trained, parameters in results.weights.items():
            model = Model(trained.length, trained.seed, trained.learning_rate)
            row = {
                "task": results.experiment.task,
                "cell": trained.cell,
                "step": trained.step,
            }
            size += insert_weights(connection, run, row, model, parameters)
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run).values(size=size))

    store.writing(work)
    return run


def _ended(results: Results) -> dict[str, Any]:
    """As far as it had come; one that was going when it was exported has stopped for us."""
    now = datetime.now(UTC)
    told = results.environment.get("status", "")
    status: Status = told if told in ("finished", *BROKEN_OFF) else "stopped"
    steps = results.tables["accuracy"]["step"]
    environment = {
        key: text for key, text in results.environment.items() if key not in ("created", "status")
    }
    return {
        "status": status,
        "message": "" if status == "finished" else "as imported",
        "started": now,
        "finished": now,
        "done_steps": int(steps.max()) if len(steps) else 0,
        "environment": {**environment, "imported": f"{now:%Y-%m-%d %H:%M} UTC"},
    }
