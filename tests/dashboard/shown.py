"""What a page shows, read back from an AppTest, and what it told the trainer."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.scheduling.child_processes import ChildError
from dashboard.scheduling.questions import QuestionError
from dashboard.scheduling.run_queue import Place, Queue
from models.command_line.main import parse_experiment
from models.exchange.import_files import ImportedError
from models.exchange.import_run import import_file
from models.experiment import Experiment, ExperimentError
from models.experiment.cost import REFERENCE, estimate
from models.service.questions import ask
from models.settings.configuration import Configuration
from models.store import Store


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

    def seconds(self, experiment: Experiment) -> float:
        return estimate(experiment, self.speed).seconds

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """As the process would, and as it comes out of its pipe."""
        try:
            return json.loads(json.dumps(ask(name, arguments)))
        except ExperimentError as error:
            raise QuestionError(str(error)) from error

    def import_files(self, paths: Sequence[Path], visitor: str) -> str:
        try:
            return import_file(self.store, paths, visitor)
        except ImportedError as error:
            raise ChildError(str(error), "refused") from error

    def stop(self, run: str) -> None:
        self.stopped.append(run)
        self.store.request_stop(run)


def experiment(page: AppTest) -> Experiment:
    """The experiment of the command line on the page."""
    (command,) = [code.value for code in page.code if code.value.startswith("python -m models")]
    words = shlex.split(command.removesuffix(" --out results/"))
    return parse_experiment(words[4:])


def top(page: AppTest) -> str:
    """The first text that a visitor reads; style sheets have none."""
    first = next(element for element in page.main if element.type not in ("html", "main"))
    text: str = getattr(first, "value", "")
    return text


def warnings(page: AppTest) -> list[str]:
    return [warning.value for warning in page.warning]


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption)


def buttons(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def spans(page: AppTest) -> str:
    """The row of memory spans, as HTML."""
    (row,) = [html for html in page.get("html") if "memory-spans" in html.proto.body]
    text: str = row.proto.body
    return text


def downloads(page: AppTest) -> list[str]:
    """The labels of the download buttons."""
    return [button.proto.label for button in page.get("download_button")]


def figures(page: AppTest) -> list[dict[str, Any]]:
    """The Plotly figures from top to bottom."""
    charts = page.get("bidi_component")
    return [json.loads(json.loads(chart.proto.json)["figure"]) for chart in charts]
