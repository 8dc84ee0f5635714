"""Runs have names, notes and tags, are searched and summarised, and deletions can be undone."""

from __future__ import annotations

import json
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TEXTS = {"name": "", "notes": "", "tags": "[]", "cells": "", "searched": ""}


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        for name, default in TEXTS.items():
            runs.add_column(sa.Column(name, sa.Text, nullable=False, server_default=default))
        runs.add_column(sa.Column("task", sa.String(64), nullable=False, server_default=""))
        runs.add_column(sa.Column("summary", sa.Text))
        runs.add_column(sa.Column("deleted", sa.DateTime(timezone=True)))
    connection = op.get_bind()
    update = sa.text(
        "UPDATE runs SET task = :task, cells = :cells, searched = :searched WHERE id = :run"
    )
    for run, text in connection.execute(sa.text("SELECT id, experiment FROM runs")).fetchall():
        experiment = json.loads(text)
        task, cells = experiment.get("task", ""), experiment.get("cells", [])
        names = dict.fromkeys(cell.partition(":")[0] for cell in cells)
        searched = unicodedata.normalize("NFKC", "\n".join([run, task, *cells])).casefold()
        found_by = {"task": task.partition(":")[0], "cells": f"|{'|'.join(names)}|"}
        connection.execute(update, {"run": run, "searched": searched, **found_by})
