"""Quick questions: admitted by the estimate that runs are, bounded, ended where nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import TimeoutError as NotYetError
from contextlib import contextmanager
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.scheduling.child_processes import Child, ChildError, ChildProcesses
from models.experiment import ExperimentError
from models.experiment.cost import Limits, Speed
from models.experiment.cost.questions import cost_of_answer
from models.service.reasons import LOWER

SECONDS = 60.0
"""How long an answer may take, as estimated and as it is."""
ATTEMPTS = 2
"""How often a question is asked where the process dies over it through no fault of its own."""
LOOK_SECONDS = 0.1
"""How often it is seen whether the visitor still waits for the answer."""


class QuestionError(Exception):
    """Why a question has no answer, for people."""


class Questions:
    """Asks ``models.service.questions``: as many at once as memory has room for."""

    def __init__(self, children: ChildProcesses, megabytes: int) -> None:
        """``megabytes`` is what one answer may take, and all at once as estimated."""
        self._children, self._megabytes = children, megabytes
        self._used = 0.0
        self._room = threading.Condition()

    def ask(self, name: str, arguments: Mapping[str, Any], speed: Speed) -> Any:
        """The answer, from a process of its own. Raises QuestionError."""
        try:
            cost = cost_of_answer(name, arguments, speed)
        except ExperimentError as error:
            raise QuestionError(str(error)) from error
        if above := Limits(SECONDS, self._megabytes).exceeded(cost):
            values, bounds = (" and ".join(column) for column in zip(*above, strict=True))
            raise QuestionError(f"about {values}, above the limit of {bounds}: {LOWER}")
        with self._memory(cost.megabytes):
            try:
                return self._answer(name, arguments)
            except ChildError as error:
                raise QuestionError(str(error)) from error

    def _answer(self, name: str, arguments: Mapping[str, Any]) -> Any:
        for _ in range(ATTEMPTS - 1):
            try:
                return _wait_for(self._start(name, arguments))
            except ChildError as error:
                if error.cause != "died":
                    raise
        return _wait_for(self._start(name, arguments))

    def _start(self, name: str, arguments: Mapping[str, Any]) -> Child:
        return self._children.start(name, arguments, self._megabytes, SECONDS)

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
