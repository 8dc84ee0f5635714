"""What a visitor waits for, answers and imports: bounded, and ended where nobody waits any more.

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
    """Answers and imports, each in a process of its own: one import at a time, and as many at once
    as memory has room for.
    """

    def __init__(self, children: ChildProcesses, megabytes: int) -> None:
        """``megabytes`` is what one may take, and all at once as estimated."""
        self._children, self._megabytes = children, megabytes
        self._used = 0.0
        self._room = threading.Condition()
        self._import = threading.Lock()

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

    def import_files(self, paths: Sequence[Path], visitor: str) -> str:
        """The id of the run that these files are by now. Raises ChildError."""
        arguments = {"paths": [str(path) for path in paths], "visitor": visitor}
        with self._only_import():
            run_id: str = self._carry_out("import", arguments, IMPORT_MEGABYTES, IMPORT_SECONDS)
            return run_id

    def export(self, run_id: str, name: str, path: Path) -> None:
        """Writes one file of a run's export. Raises ChildError."""
        arguments = {"run_id": run_id, "name": name, "path": str(path)}
        self._carry_out("export", arguments, EXPORT_MEGABYTES, EXPORT_SECONDS)

    @contextmanager
    def _only_import(self) -> Iterator[None]:
        """Waits for the imports of others: together they would keep the store from everybody."""
        while not self._import.acquire(timeout=LOOK_SECONDS):
            _leave_if_nobody_waits()
        try:
            yield
        finally:
            self._import.release()

    def _carry_out(
        self, task: str, arguments: Mapping[str, Any], megabytes: float, seconds: float
    ) -> Any:
        with self._memory(megabytes):
            child = self._children.start(task, arguments, self._megabytes, seconds)
            try:
                return _wait_for(child)
            except ChildError as error:
                if error.cause != "died":
                    raise
            # Once more: what has died with the warm process did so through no fault of its own.
            return _wait_for(self._children.start(task, arguments, self._megabytes, seconds))

    @contextmanager
    def _memory(self, megabytes: float) -> Iterator[None]:
        """Waits for so much; one question alone always finds room."""
        with self._room:
            while self._used and self._used + megabytes > self._megabytes:
                self._room.wait(LOOK_SECONDS)
                _leave_if_nobody_waits()
            self._used += megabytes
        try:
            yield
        finally:
            with self._room:
                self._used -= megabytes
                self._room.notify_all()


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
