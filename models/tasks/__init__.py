"""The tasks. A new one is a file beside these and a line in TASKS."""

from __future__ import annotations

from models.settings import spec
from models.tasks.adding import Adding
from models.tasks.copy import Copy
from models.tasks.digits import Digits
from models.tasks.recall import Recall
from models.tasks.task import Task
from models.tasks.temporal_order import TemporalOrder

TASKS: dict[str, type[Task]] = {
    task.name: task for task in (TemporalOrder, Adding, Copy, Recall, Digits)
}


def make_task(text: str) -> Task:
    """Makes the task that a spec text such as ``recall:classes=8`` names. Raises SpecError."""
    task, options = spec.parse("task", text, TASKS)
    return task(**options)


def task_title(text: str) -> str:
    """Returns a task spec in words, such as "Temporal order, 3 symbols". Raises SpecError."""
    title, changed = spec.in_words("task", text, TASKS)
    return ", ".join((title, *changed))
