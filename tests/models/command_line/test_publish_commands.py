"""The commands for papers, bad input included."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.command_line.main import main
from tests.properties import tiny_run


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.chdir(tmp_path)
    tiny_run.results().save(tmp_path / "results.zip")
    return "results.zip"


@pytest.mark.parametrize(
    ("words", "file", "begins"),
    [
        (["figure", "accuracy", "--format", "svg"], "accuracy.svg", b"<?xml"),
        (["figure", "spans", "accuracy", "--out", "panel.PNG"], "panel.PNG", b"\x89PNG"),
        (
            ["figure", "results.zip", "accuracy", "learning", "--out", "two.svg"],
            "two.svg",
            b"<?xml",
        ),
        (["figure", "heat_map", "--cell", "lstm", "--out", "map.pdf"], "map.pdf", b"%PDF"),
        (["report", "--out", "one.html"], "one.html", b"<!doctype html>"),
        (["export", "copy", "--tables", "parquet"], "copy/training.parquet", b"PAR1"),
    ],
)
def test_a_file_is_written(export: str, words: list[str], file: str, begins: bytes) -> None:
    assert main([words[0], export, *words[1:]]) == 0
    assert Path(file).read_bytes().startswith(begins)


def test_tables_and_snippets_are_printed(export: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", export, "--format", "md"]) == 0
    assert "| LSTM | 3 |" in capsys.readouterr().out
    assert main(["weights", export, "--cell", "lstm", "--length", "4"]) == 0
    assert "['lstm length=4 seed=5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["figure", "nothing.zip", "accuracy"], "nothing.zip"),
        (["figure", "results.zip", "bars"], "'bars' is no figure: there are accuracy,"),
        (["figure", "spans"], "name a run before the figures"),
        (
            ["figure", "results.zip", "results.zip", "heat_map"],
            "heat_map is of one run: of several",
        ),
        (["figure", "results.zip", "heat_map", "--cell", "x"], "cell is x: this run has rnn"),
        (["figure", "results.zip", "spans", "--out", "a.gif"], "name it .svg, .pdf or .png"),
        (["figure", "results.zip", "learning", "--length", "9"], "length is 9: this run has 3, 4"),
        (["report", "results.zip", "--out", "no/where.html"], "no/where.html: No such file"),
        (["table", "broken.zip"], "broken.zip is no export of a run that can be read here"),
        (["weights", "results.zip", "--seed", "77"], "no such weights, but those of: rnn"),
    ],
)
def test_bad_input_is_said_in_a_line(
    export: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.zip").write_bytes(b"PK\3\4 nothing")
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
