"""Runs say which kernels train them; models are shared out among threads and not processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("kernels", sa.String(64)))
        runs.drop_column("processes")
    # These are of kernels that no longer exist: nothing can be continued from them.
    op.execute("UPDATE parts SET checkpoint = NULL")
