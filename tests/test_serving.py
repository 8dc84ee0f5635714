"""The process that a dashboard keeps warm."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.experiment import Experiment
from models.results.store import Store

ROOT = Path(__file__).resolve().parents[1]
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


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    return Store(url)


def served(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the process says to these lines; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "models", "serve"],
        cwd=ROOT,
        input="".join(json.dumps(message) + "\n" for message in messages),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    runs = [message["run"] for message in messages if "run" in message]
    assert [line["ended"] for line in told if "ended" in line] == runs
    return [line for line in told if "ended" not in line]


def test_it_ends_quietly_where_nothing_comes(store: Store) -> None:
    assert served() == []
    assert not store.runs()


def test_it_answers_in_turn_and_trains_the_run_that_comes(store: Store) -> None:
    run = store.create(TINY)
    asked = {"cells": ["gru"], "lengths": [10], "hidden_size": 4, "batch_size": 4}
    birth = {"question": 3, "name": "birth", "arguments": {"experiment": asked}}
    bad = {"question": 4, "name": "birth", "arguments": {"experiment": {"cells": ["elephant"]}}}
    good, refused = served(birth, bad, {"run": run, "process": "a test"})
    assert good["question"] == 3
    assert {profile["cell"] for profile in good["answer"]["profiles"]} == {"gru"}
    assert refused == {"question": 4, "error": refused["error"]}
    assert "unknown cell 'elephant'" in refused["error"]
    assert store.run(run).status == "finished"


def test_it_trains_one_run_after_the_other(store: Store) -> None:
    runs = [store.create(TINY) for _ in range(2)]
    gone = "20261125-000000-deleted"
    served(*({"run": run, "process": "a test"} for run in (runs[0], gone, runs[1])))
    assert [store.run(run).status for run in runs] == ["finished", "finished"]


def test_the_answer_is_what_a_run_measures_at_birth(store: Store) -> None:
    run = store.create(TINY)
    told = json.loads(TINY.to_json())
    birth = {"question": 0, "name": "birth", "arguments": {"experiment": told}}
    answered, *_ = served(birth, {"run": run, "process": "a test"})
    measured = store.profiles(run, [0])
    assert len(answered["answer"]["profiles"]) == 6  # the LSTM has two states
    for profile in answered["answer"]["profiles"]:
        same = measured
        for name in ("cell", "length", "seed", "state"):
            same = same[same[name] == profile[name]]
        assert same["gradient_norm"].tolist() == pytest.approx(profile["norms"], rel=1e-5)
