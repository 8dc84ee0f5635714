"""SIGKILL at any moment: nothing measured is lost, nothing half-written is readable."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from models.store import Store
from models.store.lost_runs import GONE, close_lost_runs
from tests.faults.victims import SLOWLY, kill, training, wait_until
from tests.faults.whole import EXPERIMENT, MODEL, Whole

ROOT = Path(__file__).resolve().parents[2]
KILLS = {"sqlite": 6, "postgresql": 4}
"""So many while it does anything, and as many in the middle of what it tells the database."""
STATEMENTS = 150
"""About so many a run tells the database."""
CHECKPOINT_SECONDS = (0.0, 0.0, 0.1, 10.0)
MOST_KILLS = 4
"""Of one run: without a checkpoint it might never end."""

Attempt = Callable[[Store, str, random.Random, Whole], bool]
"""Trains a run until it is killed or ends; says whether it was killed."""


def at_any_moment(store: Store, run: str, chance: random.Random, whole: Whole) -> bool:
    pause = chance.choice(CHECKPOINT_SECONDS)
    with training(store, run, checkpoint_seconds=pause) as victim:
        victim.join(chance.uniform(0, whole.seconds))
        kill(victim)
        return victim.exitcode == -signal.SIGKILL


def while_it_writes(store: Store, run: str, chance: random.Random, _: Whole) -> bool:
    pause, statements = chance.choice(CHECKPOINT_SECONDS), chance.randrange(STATEMENTS)
    with training(store, run, checkpoint_seconds=pause, statements=statements) as victim:
        victim.join()
        return victim.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("attempt", [at_any_moment, while_it_writes])
def test_killed_again_and_again_it_ends_in_the_same_bits(
    store: Store, whole: Whole, attempt: Attempt
) -> None:
    chance = random.Random(0)
    kills = 0
    while kills < KILLS[store.url.get_backend_name()]:
        run = store.create(whole.experiment)
        for _ in range(MOST_KILLS):
            if not attempt(store, run, chance, whole):
                break
            kills += 1
            check_broken(store, run, whole)
        if store.run(run).status != "finished":
            with training(store, run) as unharmed:
                unharmed.join()
        whole.check_end(store, run)


def check_broken(store: Store, run: str, whole: Whole) -> None:
    """What a killed process has left can be read, and gone on with."""
    was = store.run(run)
    assert close_lost_runs(store) == ([run] if was.status == "running" else [])
    now = store.run(run)
    if was.status == "running":
        assert (now.status, now.message, now.resumable) == ("interrupted", GONE, True)
    whole.check(store, run)


def test_one_that_is_asked_to_end_keeps_where_it_was_and_trains_in_no_other_process(
    store: Store,
) -> None:
    """However many threads there are: nothing of a run outlives its process."""
    run = store.create(replace(EXPERIMENT, steps=10**6))
    with training(store, run, checkpoint_seconds=1000.0, pause=SLOWLY) as victim:
        wait_until(lambda: store.run(run).done_steps > 0)
        assert psutil.Process(victim.pid).children(recursive=True) == []
        victim.terminate()
        victim.join()
        assert victim.exitcode == 0
    end = store.run(run)
    assert (end.status, end.resumable) == ("interrupted", True)
    assert end.message == "its process was asked to end"
    assert len(store.checkpoints(run)) == len(EXPERIMENT.cells)


def test_the_command_line_is_killed_and_told_to_go_on(tmp_path: Path, whole: Whole) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.create(whole.experiment)
    with command_line(store, run) as process:
        wait_until(lambda: bool(store.profile_steps(run)))
        process.kill()
        process.wait()
    check_broken(store, run, whole)
    with command_line(store, run) as process:
        assert process.wait() == 0
    whole.check_end(store, run)


def command_line(store: Store, run: str) -> subprocess.Popen[bytes]:
    url = store.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-m", "models", "train", "--run", run],
        cwd=ROOT,
        env={**os.environ, "MEMORY_LAB_STORE": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_what_they_are_compared_with_is_complete(whole: Whole) -> None:
    """Every model at every evaluation, and at every optimiser step."""
    models = len(EXPERIMENT.cells) * len(EXPERIMENT.lengths) * len(EXPERIMENT.learning_rate)
    evaluated = list(range(0, EXPERIMENT.steps + 1, EXPERIMENT.evaluate_every))
    steps = {
        "accuracy": evaluated,
        "validation": evaluated,
        "training": list(range(1, EXPERIMENT.steps + 1)),
    }
    for table, expected in steps.items():
        by_model = whole.results.tables[table].groupby(MODEL)["step"].agg(list)
        assert list(by_model) == [expected] * models
    assert all(len(rows) for rows in whole.results.tables.values())
    assert len(whole.results.weights) == models
