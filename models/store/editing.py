"""What people change of a run: its labels, and whether it is pinned."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from models.experiment import Experiment
from models.store.database import Database
from models.store.errors import unknown_run
from models.store.labels import Labels
from models.store.run_search import search_columns
from models.store.tables import RUNS


class Editing(Database):
    """Runs that people label and pin."""

    def label(self, run_id: str, labels: Labels) -> None:
        """Gives the run this name, notes and tags, and no others. Raises UnknownRunError."""

        def work(connection: sa.Connection) -> bool:
            query = sa.select(RUNS.c.experiment).where(RUNS.c.id == run_id)
            experiment = connection.scalar(query)
            if experiment is None:
                return False
            found_by = search_columns(run_id, Experiment.from_json(experiment), labels)
            connection.execute(_update(run_id, **labels.as_columns(), **found_by))
            return True

        if not self.writing(work):
            raise unknown_run(run_id)

    def pin(self, run_id: str, pinned: bool) -> None:
        """Says whether housekeeping leaves the run alone. Raises UnknownRunError."""
        statement = _update(run_id, pinned=pinned)
        if not self.writing(lambda connection: connection.execute(statement).rowcount):
            raise unknown_run(run_id)


def _update(run_id: str, **values: Any) -> sa.Update:
    return sa.update(RUNS).where(RUNS.c.id == run_id).values(**values)
