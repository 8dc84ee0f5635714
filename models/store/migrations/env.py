"""What Alembic runs: the migrations, on the connection that it was given."""

from __future__ import annotations

from alembic import context

# One transaction for all, which the caller has begun and ends.
context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
