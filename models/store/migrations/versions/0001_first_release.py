"""The tables of release 0.1.0. A store that was made earlier lacks some."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MODEL = ("run", "task", "cell", "length", "seed", "learning_rate")
TEXTS = ("run", "task", "cell", "state", "diagnostic")
FLAGS = ("solved", "diverged", "clipped")
NUMBERS = ("length", "test_length", "seed", "step", "t", "sequences")
TABLES: dict[str, tuple[str, ...]] = {
    "diagnostics": (*MODEL, "step", "diagnostic", "value"),
    "influence": (*MODEL, "step", "t", "influence"),
    "connectivity": (*MODEL, "step", "t", "connectivity"),
    "weights": (*MODEL, "step", "parameters"),
}
"""Those that came after the first runs were stored."""


def upgrade() -> None:
    present = sa.inspect(op.get_bind()).get_table_names()
    for name, columns in TABLES.items():
        if name not in present:
            op.create_table(
                name,
                sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
                *(_column(column) for column in columns),
                sqlite_autoincrement=True,
            )
            op.create_index(f"{name}_of_run", name, ["run", "id"])


def _column(name: str) -> sa.Column[Any]:
    if name == "parameters":
        return sa.Column(name, sa.LargeBinary, nullable=False)
    kinds: dict[str, type[sa.types.TypeEngine[Any]]] = dict.fromkeys(TEXTS, sa.Text)
    kinds |= dict.fromkeys(FLAGS, sa.Boolean)
    kinds |= dict.fromkeys(NUMBERS, sa.Integer)
    return sa.Column(name, kinds.get(name, sa.Double)(), nullable=name not in kinds)
