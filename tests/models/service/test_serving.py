"""The process that a dashboard keeps warm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.experiment import Experiment
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


@dataclass(frozen=True)
class Served:
    """What the process said, and the store that it trained in."""

    store: Store
    runs: list[str]
    told: list[dict[str, Any]]

    def answer(self, question: int) -> dict[str, Any]:
        (found,) = [line for line in self.told if line.get("question") == question]
        return found


def serve(store: Store, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the process says to these lines; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "models", "serve"],
        cwd=ROOT,
        env={**os.environ, "MEMORY_LAB_STORE": str(store.url)},
        input="".join(json.dumps(message) + "\n" for message in messages),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Two questions and three runs, one of which is not there, for the same process."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('serving') / 'runs.sqlite'}")
    runs = [store.create(TINY) for _ in range(2)]
    good, bad = json.loads(TINY.to_json()), {"cells": ["elephant"]}
    questions = [
        {"question": number, "name": "at_initialisation", "arguments": {"experiment": experiment}}
        for number, experiment in ((3, good), (4, bad))
    ]
    wanted = [{"run": run, "process": "a test"} for run in (runs[0], GONE, runs[1])]
    return Served(store, runs, serve(store, *questions, *wanted))


def test_it_ends_quietly_where_nothing_comes(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    assert serve(store) == []
    assert not store.runs()


def test_it_answers_or_says_why_not(served: Served) -> None:
    profiles = served.answer(3)["answer"]["profiles"]
    assert {profile["cell"] for profile in profiles} == {"rnn", "lstm"}
    refused = served.answer(4)
    assert refused == {"question": 4, "error": refused["error"]}
    assert "unknown cell 'elephant'" in refused["error"]


def test_it_trains_one_run_after_the_other(served: Served) -> None:
    ended = [line["ended"] for line in served.told if "ended" in line]
    assert ended == [served.runs[0], GONE, served.runs[1]]
    assert [served.store.run(run).status for run in served.runs] == ["finished", "finished"]


def test_the_answer_is_what_a_run_measures_at_initialisation(served: Served) -> None:
    profiles = served.answer(3)["answer"]["profiles"]
    measured = served.store.profiles(served.runs[0], [0])
    assert len(profiles) == 6  # the LSTM has two states
    for profile in profiles:
        same = measured
        for name in ("cell", "length", "seed", "state"):
            same = same[same[name] == profile[name]]
        assert same["gradient_norm"].tolist() == pytest.approx(profile["norms"], rel=1e-5)
