"""Runs are deleted from the command line, and none that should not."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from operator import methodcaller

import pytest
import sqlalchemy as sa

from models.command_line.main import main, parse_experiment
from models.store import Store
from models.store.run import short_id
from models.store.tables import RUNS
from tests.models.command_line.processes import TINY, process


@pytest.fixture(autouse=True)
def store(own_store: Store) -> Store:
    return own_store


@pytest.fixture
def runs(store: Store) -> list[str]:
    """Two that have finished, the older first."""
    runs = [store.create(parse_experiment(TINY), process="a trainer") for _ in range(2)]
    for number, run in enumerate(runs):
        store.finish(run, "finished")
        created = datetime(2026, 1, 1 + number, tzinfo=UTC)
        change = sa.update(RUNS).where(RUNS.c.id == run).values(created=created)
        store.writing(methodcaller("execute", change))
    return runs


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Somebody sits at the terminal and says this; an empty text is the end of the input."""

    def sit_down(text: str) -> None:
        terminal = io.StringIO(text)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", terminal)

    return sit_down


@pytest.mark.parametrize("limit", ["--keep-runs", "--keep-megabytes"])
@pytest.mark.parametrize("number", ["-1", "-0.5", "1e3", "nan", "many", ""])
def test_a_limit_that_is_none_deletes_nothing(
    store: Store, runs: list[str], limit: str, number: str
) -> None:
    assert main(["tidy", "--yes", limit, number]) == 2
    assert store.count() == len(runs)


def test_in_a_script_it_says_what_would_go_and_needs_yes(
    store: Store, runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = process("tidy", "--keep-runs", "1")
    out, line = told.communicate("y\n", timeout=60)
    assert (told.returncode, store.count()) == (2, 2)
    assert "1 run would be deleted: say --yes to do it" in line
    assert short_id(runs[0]) in out
    assert short_id(runs[1]) not in out
    assert main(["tidy", "--keep-runs", "1", "--yes"]) == 0
    assert short_id(runs[0]) in capsys.readouterr().out
    assert [run.id for run in store.runs()] == runs[1:]
    assert main(["tidy", "--keep-runs", "1"]) == 0, "there is nothing to ask"


@pytest.mark.parametrize(
    ("said", "left"), [("y\n", 1), ("YES\n", 1), ("n\n", 2), ("\n", 2), ("", 2)]
)
def test_on_a_terminal_it_says_what_would_go_and_asks(
    store: Store,
    runs: list[str],
    answer: Callable[[str], None],
    said: str,
    left: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer(said)
    assert main(["tidy", "--keep-runs", "1"]) == 0
    told = capsys.readouterr().out
    assert told.index(short_id(runs[0])) < told.index("Delete 1 run for good? [y/N]")
    assert f"{left} kept" in told
    assert store.count() == left


def test_a_run_that_was_pinned_while_it_asked_stays(
    store: Store, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pin(_: int) -> bool:
        store.pin(runs[0], True)
        return True

    monkeypatch.setattr("models.command_line.store_commands._agreed", pin)
    assert main(["tidy", "--keep-runs", "1"]) == 0
    assert {run.id for run in store.runs()} == set(runs)
