"""The command ``claims``: verdicts as text and as files, bad input, and a break."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.claims import CLAIMS, claim
from models.command_line import claims_command
from models.command_line.main import main
from models.exchange import files
from models.experiment import Experiment

NAME = "longer_is_less_stable"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seeds of small models."""

    def in_setting(experiment: Experiment, *, thorough: bool, first_seed: int) -> Experiment:
        moved = claim.in_setting(experiment, thorough=thorough, first_seed=first_seed)
        return replace(moved, seeds=2, hidden_size=4, batch_size=4, held_out=4)

    monkeypatch.setattr(claims_command, "in_setting", in_setting)


@pytest.mark.usefixtures("small")
def test_verdicts_cases_and_exports_are_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["claims", NAME, "--first-seed", "7", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert CLAIMS[NAME].statement in text
    assert "UNDECIDED" in text, "two seeds decide nothing"
    assert "of 2 seeds" in text
    assert CLAIMS["gru_as_good"].statement not in text
    seeds = pd.read_csv(tmp_path / "seeds.csv")
    assert seeds["seed"].unique().tolist() == [7, 8]
    assert len(pd.read_csv(tmp_path / "claims.csv")) == len(CLAIMS)
    assert "torch" in json.loads((tmp_path / "origin.json").read_text())
    exported = files.read(tmp_path / NAME)
    assert exported.experiment.seed_numbers == (7, 8)
    assert len(exported.tables["gradients"])


@pytest.mark.usefixtures("small")
def test_after_a_break_what_was_measured_is_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(experiment: Experiment, name: str) -> files.Results:
        return files.Results("run", experiment, {"status": "stopped"}, {})

    monkeypatch.setattr(claims_command, "_train", stopped)
    assert main(["claims", NAME]) == 130
    assert "not measured" in capsys.readouterr().out


def test_experiments_that_claims_share_are_run_once() -> None:
    names = claims_command._experiments(CLAIMS, thorough=True, first_seed=3)
    assert (
        len(names)
        == len(set(names.values()))
        < sum(len(one.experiments) for one in CLAIMS.values())
    )
    assert {one.first_seed for one in names} == {3}
    assert {one.seeds for one in names} == {32}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["nonsense"], "the claims are"), (["--first-seed", "x"], "first-seed")],
)
def test_bad_input_is_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["claims", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_place_that_cannot_be_written_is_said_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["claims", NAME, "--out", str(tmp_path / "file")]) == 2
    assert "--out" in capsys.readouterr().err
