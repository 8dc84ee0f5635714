"""Results that were read from files, as a run of the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from models.exchange.files import ALWAYS, Results
from models.experiment.partition import ModelKey
from models.store import Store
from models.store.measurements import insert_rows, insert_weights
from models.store.run import BROKEN_OFF, Status
from models.store.runs import new_run
from models.store.tables import RUNS


def store_results(store: Store, results: Results, visitor: str | None = None) -> str:
    """Adds a run that has measured what ``results`` say, wholly or not at all; returns its id.

    It cannot be resumed: how its training stood is not in files.
    """
    values = new_run(results.experiment, visitor, process=None) | _ended(results)
    run_id: str = values["id"]

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.insert(RUNS).values(**values))
        tables = {name: frame.drop(columns="run") for name, frame in results.tables.items()}
        size = insert_rows(connection, run_id, tables)
        for trained, parameters in results.weights.items():
            model = ModelKey(trained.length, trained.seed, trained.learning_rate)
            row = {
                "task": results.experiment.task,
                "cell": trained.cell,
                "step": trained.step,
            }
            size += insert_weights(connection, run_id, row, model, parameters)
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(size=size))

    store.writing(work)
    return run_id


def _ended(results: Results) -> dict[str, Any]:
    """As far as it had come; one that was going when it was exported has stopped for us.

    One that had finished, and whose last evaluation is not there, is not shown as finished.
    """
    now = datetime.now(UTC)
    status_then = results.environment.get("status", "")
    status: Status = status_then if status_then in ("finished", *BROKEN_OFF) else "stopped"
    missing = _missing(results) if status == "finished" else ""
    if missing and _unevaluated(results):
        status = "stopped"
    message = "" if status == "finished" else "as imported"
    steps = [int(rows["step"].max()) for rows in results.tables.values() if len(rows)]
    environment = {
        key: text for key, text in results.environment.items() if key not in ("created", "status")
    }
    return {
        "status": status,
        "message": f"as imported, without {missing}" if missing else message,
        "started": now,
        "finished": now,
        "done_steps": max(steps, default=0),
        "environment": {**environment, "imported": f"{now:%Y-%m-%d %H:%M} UTC"},
    }


def _missing(results: Results) -> str:
    """What these results of a finished run lack of what every run has, in words."""
    described = results.experiment
    expected = [name for name in ALWAYS if name != "training" or described.steps]
    expected += ["validation"] if len(described.learning_rate) > 1 else []
    if tables := [f"{name}.csv" for name in expected if results.tables[name].empty]:
        return " and ".join(tables)
    lacking = _unevaluated(results)
    return f"the last evaluation of {lacking} of its models" if lacking else ""


def _unevaluated(results: Results) -> int:
    """How many models have no evaluation after the last step of training."""
    described = results.experiment
    seeds = described.seeds * len(described.learning_rate)
    models = len(described.cells) * len(described.lengths) * seeds
    return models - int((results.tables["accuracy"]["step"] == described.steps).sum())
