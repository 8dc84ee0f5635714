"""Runs have an owner, a queue, a process, a size and checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW_BYTES = 150
ROWS = (
    "accuracy",
    "training",
    "diagnostics",
    "influence",
    "connectivity",
    "validation",
    "generalisation",
)
PACKED = {"gradients": "norms", "weights": "parameters"}


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("visitor", sa.String(64)))
        runs.add_column(sa.Column("queued", sa.DateTime(timezone=True)))
        runs.add_column(_whole_number("steps_at_start"))
        runs.add_column(_whole_number("resumed"))
        runs.add_column(sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()))
        runs.add_column(sa.Column("process", sa.String(255)))
        runs.add_column(sa.Column("processes", sa.Integer))
        runs.add_column(
            sa.Column("size", sa.BigInteger, nullable=False, server_default=sa.text("0"))
        )
        runs.create_index("runs_by_status", ["status"])
        runs.create_index("runs_of_visitor", ["visitor", "created"])
    op.create_table(
        "parts",
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("checkpoint", sa.LargeBinary),
    )
    _weigh()
    op.execute("UPDATE runs SET queued = created WHERE status = 'queued'")


def _whole_number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))


def _weigh() -> None:
    """What each run has measured so far, about."""
    for name in ROWS:
        op.execute(
            f"UPDATE runs SET size = size + {ROW_BYTES} * "
            f"(SELECT count(*) FROM {name} WHERE {name}.run = runs.id)"
        )
    for name, column in PACKED.items():
        op.execute(
            f"UPDATE runs SET size = size + (SELECT "
            f"coalesce(sum({ROW_BYTES} + length({column})), 0) "
            f"FROM {name} WHERE {name}.run = runs.id)"
        )
