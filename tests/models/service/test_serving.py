"""The process that a dashboard keeps warm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.experiment import Experiment
from models.service.child_process import LONG_NICENESS
from models.store import Store

ROOT = Path(__file__).resolve().parents[3]
TINY = Experiment(
    cells=("rnn", "lstm"),
    lengths=(10, 12),
    seeds=1,
    steps=4,
    evaluate_every=2,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    device="cpu",
)


GONE = "20261125-000000-deleted"


BOUNDS = {"megabytes": 1000, "seconds": 60.0}


@dataclass(frozen=True)
class Served:
    """What the process said, and the store that it trained in."""

    store: Store
    runs: list[str]
    messages: list[dict[str, Any]]

    def outcome(self, number: int) -> dict[str, Any]:
        (found,) = [line for line in self.messages if line.get("ended") == number]
        return {name: value for name, value in found.items() if name != "ended"}


def serve(store: Store, *messages: dict[str, Any], **how: Any) -> list[dict[str, Any]]:
    """What the process says to these lines; it must end well."""
    with serving(store, **how) as process:
        for message in messages:
            say(process, **message)
        expected = sum("start" in message for message in messages)
        assert process.stdout
        said = [json.loads(process.stdout.readline()) for _ in range(2 * expected)]
        rest, errors = process.communicate(timeout=90)
    assert (process.returncode, rest, errors) == (0, "", "")
    return said


SPAWNING = """
import multiprocessing
from models.service import child_process
child_process.CONTEXT = multiprocessing.get_context("spawn")
from models.command_line.main import main
if __name__ == "__main__":
    main(["serve"])
"""


@contextmanager
def serving(
    store: Store, command: Sequence[str] = ("-m", "models", "serve")
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "MEMORY_LAB_STORE": str(store.url)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def say(process: subprocess.Popen[str], **message: Any) -> None:
    assert process.stdin
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def question(number: int, experiment: Mapping[str, Any], **bounds: Any) -> dict[str, Any]:
    arguments = {"experiment": experiment}
    return {
        "start": number,
        "task": "at_initialisation",
        "arguments": arguments,
        **BOUNDS,
        **bounds,
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Questions and runs, one of which is not there, for the same process."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('serving') / 'runs.sqlite'}")
    runs = [store.create(TINY) for _ in range(2)]
    good, bad = json.loads(TINY.to_json()), {"cells": ["elephant"]}
    bounds = {**BOUNDS, "seconds": None}
    wanted = [
        {"start": number, "task": "train", "arguments": {"run_id": run}, **bounds}
        for number, run in enumerate((*runs, GONE))
    ]
    large = {"cells": ["lstm"], "lengths": [20000], "hidden_size": 512, "batch_size": 256}
    questions = [question(3, good), question(4, bad), question(5, large)]
    return Served(store, runs, serve(store, *questions, *wanted))


def test_it_ends_quietly_where_nothing_comes(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    assert serve(store) == []
    assert not store.runs()


def test_every_task_has_a_process_of_its_own(served: Served) -> None:
    processes = [line["process"] for line in served.messages if "started" in line]
    assert len(set(processes)) == len(processes) == 6


def test_it_answers_or_says_why_not(served: Served) -> None:
    profiles = served.outcome(3)["answer"]["profiles"]
    assert {profile["cell"] for profile in profiles} == {"rnn", "lstm"}
    refused = served.outcome(4)
    assert refused == {"cause": "refused", "error": refused["error"]}
    assert "unknown cell 'elephant'" in refused["error"]


def test_what_memory_has_no_room_for_fails_in_words_for_people(served: Served) -> None:
    failed = served.outcome(5)
    assert failed["cause"] == "failed"
    assert failed["error"].startswith("not enough memory for these settings: lower the hidden size")


def test_it_trains_runs(served: Served) -> None:
    assert (
        served.outcome(0) == served.outcome(1) == {"answer": {"status": "finished", "message": ""}}
    )
    assert [served.store.run(run).status for run in served.runs] == ["finished", "finished"]
    assert served.outcome(2) == {
        "cause": "gone",
        "error": f"there is no run '{GONE}' in this store",
    }


def test_where_forking_is_not_safe_a_child_starts_afresh(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.create(TINY)
    train = {"task": "train", "arguments": {"run_id": run}, **BOUNDS, "seconds": None}
    said = serve(store, {"start": 1, **train}, command=("-c", SPAWNING))
    assert [line for line in said if "ended" in line] == [
        {"ended": 1, "answer": {"status": "finished", "message": ""}}
    ]


NICENESS = """
import os, sys
from contextlib import suppress
from models.service.serving import TASKS
with suppress(Exception):
    TASKS[sys.argv[1]](*sys.argv[2:])
print(os.nice(0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="priorities elsewhere are others")
@pytest.mark.parametrize(
    "task", [("train", GONE), ("import", "", "somebody"), ("export", GONE, "results.zip", "")]
)
def test_what_trains_imports_or_exports_gives_way_from_the_start(
    task: tuple[str, ...], tmp_path: Path
) -> None:
    Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    before = os.nice(0)
    result = subprocess.run(
        [sys.executable, "-c", NICENESS, *task],
        cwd=ROOT,
        env={**os.environ, "MEMORY_LAB_STORE": f"sqlite:///{tmp_path / 'runs.sqlite'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(result.stdout) == max(LONG_NICENESS, before)


def test_where_nobody_listens_any_more_a_run_goes_on_and_questions_do_not(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.create(TINY)
    long = {"cells": ["lstm"], "lengths": [20000], "batch_size": 1}
    with serving(store) as process:
        say(process, **question(1, long, seconds=10_000.0))
        say(process, start=2, task="train", arguments={"run_id": run}, megabytes=1000, seconds=None)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert store.run(run).status == "finished"


def test_the_answer_is_what_a_run_measures_at_initialisation(served: Served) -> None:
    profiles = served.outcome(3)["answer"]["profiles"]
    measured = served.store.profiles(served.runs[0], [0])
    assert len(profiles) == 6  # the LSTM has two states
    for profile in profiles:
        same = measured
        for name in ("cell", "length", "seed", "state"):
            same = same[same[name] == profile[name]]
        assert same["gradient_norm"].tolist() == pytest.approx(profile["norms"], rel=1e-5)
