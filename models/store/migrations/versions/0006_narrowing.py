"""Runs say how far, and how long, they narrow memory spans down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("narrow_factor", sa.Double))
        runs.add_column(sa.Column("narrow_seconds", sa.Double))
