"""What a visitor waits for: answers, imports, exports, all bounded and ended with the waiting.

Questions are admitted by the estimate that runs are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as NotYetError
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.scheduling.child_processes import Child, ChildError, ChildProcesses
from models.experiment import ExperimentError
from models.experiment.cost import LOWER, Limits, Speed
from models.experiment.cost.questions import cost_of_answer

SECONDS = 60.0
"""How long an answer may take, as estimated and as it is."""
IMPORT_SECONDS = 300.0
IMPORT_MEGABYTES = 300.0
"""The most that an import was measured to take."""
EXPORT_SECONDS = 170.0
"""Within which a browser waits for it, see Streamlit's button."""
EXPORT_MEGABYTES = 400.0
"""What one of a million rows was measured to take."""
LOOK_SECONDS = 0.1
"""How often it is seen whether the visitor still waits for the answer."""


class Requests:
    """Answers, imports and exports, each in a process of its own, as many at once as memory has
    room for.
    """

    def __init__(self, children: ChildProcesses, megabytes: int) -> None:
        """``megabytes`` is what one may take, and all at once as estimated."""
        self._children, self._megabytes = children, megabytes
        self._at_work: list[tuple[str, float]] = []
        """Tasks and the megabytes of each."""
        self._change = threading.Condition()

    def ask(self, name: str, arguments: Mapping[str, Any], speed: Speed) -> Any:
        """The answer to one of ``models.service.questions``. Raises ChildError."""
        try:
            cost = cost_of_answer(name, arguments, speed)
        except ExperimentError as error:
            raise ChildError(str(error), "refused") from error
        if above := Limits(SECONDS, self._megabytes).exceeded(cost):
            values, bounds = above
            raise ChildError(f"about {values}, above the limit of {bounds}: {LOWER}", "refused")
        return self._carry_out(name, arguments, cost.megabytes, SECONDS)

    def import_files(self, paths: Sequence[Path], visitor: str) -> list[str]:
        """The ids of the runs that these files are by now. Raises ChildError."""
        arguments = {"paths": [str(path) for path in paths], "visitor": visitor}
        ids: list[str] = self._carry_out("import", arguments, IMPORT_MEGABYTES, IMPORT_SECONDS)
        return ids

    def export(self, run_id: str, name: str, path: Path) -> None:
        """Writes one file of a run's export. Raises ChildError."""
        arguments = {"run_id": run_id, "name": name, "path": str(path)}
        self._carry_out("export", arguments, EXPORT_MEGABYTES, EXPORT_SECONDS)

    def produce(self, product: str, arguments: Mapping[str, Any]) -> None:
        """Makes one of ``models.service.products`` for a paper. Raises ChildError."""
        self._carry_out(product, arguments, EXPORT_MEGABYTES, EXPORT_SECONDS)

    def _carry_out(
        self, task: str, arguments: Mapping[str, Any], megabytes: float, seconds: float
    ) -> Any:
        with self._room(task, megabytes):
            child = self._children.start(task, arguments, self._megabytes, seconds)
            try:
                return _wait_for(child)
            except ChildError as error:
                if error.cause != "died":
                    raise
            # Once more: what has died with the warm process did so through no fault of its own.
            return _wait_for(self._children.start(task, arguments, self._megabytes, seconds))

    @contextmanager
    def _room(self, task: str, megabytes: float) -> Iterator[None]:
        """Waits until there is room for this task, and takes it."""
        own = task, megabytes
        with self._change:
            while not self._has_room(*own):
                self._change.wait(LOOK_SECONDS)
                _leave_if_nobody_waits()
            self._at_work.append(own)
        try:
            yield
        finally:
            with self._change:
                self._at_work.remove(own)
                self._change.notify_all()

    def _has_room(self, task: str, megabytes: float) -> bool:
        """One task alone always has; imports together would keep the store from everybody."""
        used = sum(taken for _, taken in self._at_work)
        alone = task != "import" or all(other != task for other, _ in self._at_work)
        return alone and (not used or used + megabytes <= self._megabytes)


def _wait_for(child: Child) -> Any:
    try:
        while True:
            try:
                return child.result.result(LOOK_SECONDS)
            except NotYetError:
                _leave_if_nobody_waits()
    except BaseException:
        if not child.result.done():
            child.end_within(0)
        raise


def _leave_if_nobody_waits() -> None:
    """Ends this page's script where its visitor has left, or asks for something else by now."""
    context = get_script_run_ctx(suppress_warning=True)
    if context:
        context.yield_check()
