"""Runs are found, labelled, deleted and restored by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.command_line.main import main
from models.experiment import Experiment
from models.store import Store
from models.store.labels import Labels
from models.store.run import short_id


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    return Store(url)


def test_a_run_is_labelled_found_deleted_and_restored(
    own: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run, other = (own.create(Experiment(task=task), process="t") for task in ("adding", "copy"))
    for one in (run, other):
        own.finish(one, "finished")
    assert main(["label", run, "--name", "my \x1b[31m run", "--tags", "a", "b c"]) == 0
    assert main(["label", run, "--notes", "long"]) == 0
    assert own.run(run).labels == Labels("my  [31m run", "long", ("a", "b c"))
    for arguments, listed in (
        ([], {run, other}),
        (["MY", "b c"], {run}),
        (["--task", "copy"], {other}),
        (["--status", "failed"], set()),
        (["--tag", "a", "b c"], {run}),
        (["--tag", "a", "b"], set()),
        (["--since", "2020-01-01", "--until", "2020-01-02"], set()),
    ):
        assert main(["runs", *arguments]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert {line.split()[0] for line in lines} == {short_id(one) for one in listed}
    assert main(["delete", short_id(run)]) == 0
    assert "restore undoes it for 24 hours" in capsys.readouterr().out
    assert [one.id for one in own.runs()] == [other]
    assert main(["runs", "--deleted"]) == 0
    assert capsys.readouterr().out.startswith(short_id(run))
    assert main(["restore", short_id(run)]) == 0
    assert own.count() == 2


def test_bad_input_is_one_line(own: Store, capsys: pytest.CaptureFixture[str]) -> None:
    run = own.create(Experiment())
    for arguments, reason in (
        (["label", run, "--name", "x" * 200], "give at most 120"),
        (["delete", "nothing"], "there is no run 'nothing'"),
        (["runs", "--since", "yesterday"], "expected a day such as 2026-01-31"),
    ):
        assert main(arguments) == 2
        told = capsys.readouterr().err
        assert reason in told
        assert told.count("\n") == 1
