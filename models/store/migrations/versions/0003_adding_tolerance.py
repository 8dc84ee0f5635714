"""Runs of adding say the tolerance that they were made with: 0.04, before it was an option."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = (
    "accuracy",
    "training",
    "diagnostics",
    "influence",
    "connectivity",
    "validation",
    "generalisation",
    "gradients",
    "weights",
)


def upgrade() -> None:
    connection = op.get_bind()
    for run, text in connection.execute(sa.text("SELECT id, experiment FROM runs")).fetchall():
        experiment = json.loads(text)
        name, _, options = experiment.get("task", "").partition(":")
        if name != "adding":
            continue
        # What was stored is in canonical form: sorted, and targets comes first.
        task = f"adding:{options + ',' if options else ''}tolerance=0.04"
        settings = json.dumps({**experiment, "task": task}, indent=2)
        said = {"run": run, "task": task, "settings": settings}
        connection.execute(sa.text("UPDATE runs SET experiment = :settings WHERE id = :run"), said)
        for table in TABLES:
            connection.execute(sa.text(f"UPDATE {table} SET task = :task WHERE run = :run"), said)
