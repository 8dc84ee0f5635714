"""Runs say which run they extend, and the experiments that theirs was before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("extends", sa.String(32)))
        runs.add_column(sa.Column("earlier", sa.Text, nullable=False, server_default="[]"))
