"""The store's database tables, made from the schema of results."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from models.analysis.schema import FLAGS, MODEL_COLUMNS, NUMBERS, TABLES, TEXTS

METADATA = sa.MetaData()
RUN_LENGTH = 32
"""Characters of a run's id."""

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.String(RUN_LENGTH), primary_key=True),
    sa.Column("experiment", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("started", sa.DateTime(timezone=True)),
    sa.Column("finished", sa.DateTime(timezone=True)),
    sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
    sa.Column("done_steps", sa.Integer, nullable=False, default=0),
    sa.Column("total_steps", sa.Integer, nullable=False),
    sa.Column("environment", sa.JSON, nullable=False, default=dict),
    sa.Column("stop_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("visitor", sa.String(64)),
    sa.Column("queued", sa.DateTime(timezone=True)),
    sa.Column("steps_at_start", sa.Integer, nullable=False, default=0),
    sa.Column("resumed", sa.Integer, nullable=False, default=0),
    sa.Column("pinned", sa.Boolean, nullable=False, default=False),
    sa.Column("process", sa.String(255)),
    sa.Column("kernels", sa.String(64)),
    sa.Column("size", sa.BigInteger, nullable=False, default=0),
    sa.Column("extends", sa.String(RUN_LENGTH)),
    sa.Column("earlier", sa.Text, nullable=False, default="[]"),
    sa.Column("narrow_factor", sa.Double),
    sa.Column("narrow_seconds", sa.Double),
    # What people write on it, see ``models.store.labels``; tags as a JSON list.
    sa.Column("name", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("notes", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("tags", sa.Text, nullable=False, default="[]", server_default="[]"),
    # What it is found by, see ``models.store.run_search``.
    sa.Column("task", sa.String(64), nullable=False, default="", server_default=""),
    sa.Column("cells", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("searched", sa.Text, nullable=False, default="", server_default=""),
    # Of an ended run, once it is made, see ``models.analysis.run_summary``.
    sa.Column("summary", sa.Text),
    sa.Column("deleted", sa.DateTime(timezone=True)),
    sa.Index("runs_by_status", "status"),
    sa.Index("runs_of_visitor", "visitor", "created"),
)

SHARDS = sa.Table(
    "parts",
    METADATA,
    sa.Column("run", sa.String(RUN_LENGTH), primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("checkpoint", sa.LargeBinary),
)
"""How far each population of a run is stored, and the last checkpoint of its training."""


def _column(name: str) -> sa.Column[Any]:
    kind: sa.types.TypeEngine[Any]
    if name in TEXTS:
        kind = sa.Text()
    elif name in FLAGS:
        kind = sa.Boolean()
    else:
        kind = sa.Integer() if name in NUMBERS else sa.Double()
    # SQLite stores NaN as NULL.
    return sa.Column(name, kind, nullable=name not in (*TEXTS, *FLAGS, *NUMBERS))


def _table(name: str, columns: tuple[str, ...], *more: sa.Column[Any]) -> sa.Table:
    """Rows in the order in which they came; ``id`` is the reader's cursor."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(_column(column) for column in columns),
        *more,
        sa.Index(f"{name}_of_run", "run", "id"),
        sqlite_autoincrement=True,
    )


ROWS = {name: _table(name, columns) for name, columns in TABLES.items() if name != "gradients"}
"""The tables that hold one row a measurement."""

WEIGHTS = _table(
    "weights", (*MODEL_COLUMNS, "step"), sa.Column("parameters", sa.LargeBinary, nullable=False)
)
"""Parameters of the models whose weights are kept, as float32; one row a model."""

PROFILES = _table(
    "gradients",
    tuple(name for name in TABLES["gradients"] if name not in ("t", "gradient_norm")),
    sa.Column("norms", sa.LargeBinary, nullable=False),
)
"""Gradient profiles, packed: one row a model, step and state, with its norms as float32."""
