"""The store of runs: a database, by default one SQLite file with nothing to set up.

Trainers append while dashboards read, from several threads and processes at once.
"""

from __future__ import annotations

from models.settings.configuration import Configuration
from models.store.deleting import Deleting
from models.store.editing import Editing
from models.store.errors import NotOursError, StoreError, UnknownRunError
from models.store.measurements import Measurements
from models.store.run import Run, Status
from models.store.run_search import RunSearch
from models.store.runs import Runs

__all__ = ["NotOursError", "Run", "Status", "Store", "StoreError", "UnknownRunError"]


class Store(Runs, RunSearch, Editing, Deleting, Measurements):
    """Runs and what they measured. ``url`` is any SQLAlchemy database URL."""

    def __init__(
        self, url: str | None = None, patience: float = 0.0, must_exist: bool = False
    ) -> None:
        """The URL is by default the configuration's, see ``models.settings.configuration``.

        ``patience`` is how many seconds a write is tried again. An SQLite file that is missing is
        made, unless it ``must_exist``. Raises StoreError.
        """
        url = url or Configuration.from_environment().store
        super().__init__(url, patience, must_exist)
