"""A scheduler for tests of pages, which trains nothing and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboard.scheduling.child_processes import ChildError
from dashboard.scheduling.run_queue import Place, Queue
from models.exchange.files import export
from models.exchange.import_files import ImportedError
from models.exchange.import_run import import_runs
from models.experiment import ExperimentError
from models.experiment.cost import REFERENCE, estimate
from models.service.questions import ask
from models.settings.configuration import Configuration
from models.store import Store
from models.store.run import Run


class FakeScheduler:
    """Trains nothing."""

    def __init__(
        self, store: Store, configuration: Configuration, variables: Mapping[str, str]
    ) -> None:
        self.store, self.configuration = store, configuration
        self.speed = REFERENCE
        self.woken, self.viewed, self.stopped = 0, list[str](), list[str]()

    @property
    def queue(self) -> Queue:
        return Queue.of(self.store.active())

    def wake(self) -> None:
        self.woken += 1

    def mark_viewed(self, run: str) -> None:
        self.viewed.append(run)

    def place(self, run: str) -> Place | None:
        return self.queue.place(run, self.configuration.trainers, self.seconds)

    def seconds(self, run: Run) -> float:
        return estimate(run.experiment, self.speed, earlier=run.earlier).seconds

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """As the process would, and as it comes out of its pipe."""
        try:
            return json.loads(json.dumps(ask(name, arguments)))
        except ExperimentError as error:
            raise ChildError(str(error), "refused") from error

    def import_files(self, paths: Sequence[Path], visitor: str) -> list[str]:
        try:
            return import_runs(self.store, paths, visitor)
        except ImportedError as error:
            raise ChildError(str(error), "refused") from error

    def export(self, run_id: str, name: str, path: Path) -> None:
        export(self.store, run_id, name, path)

    def stop(self, run: str) -> None:
        self.stopped.append(run)
        self.store.request_stop(run)
