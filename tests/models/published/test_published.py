"""Published results: outcomes from tables, ours in words, files, and what is recorded."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from models.analysis.references import cited
from models.cells import make_cell
from models.command_line.main import main
from models.experiment import Experiment
from models.published import PUBLISHED, measures, record
from models.published.outcomes import COLUMNS, cut_after, outcomes
from models.published.published import Source

EXPERIMENT = Experiment(cells=("rnn", "lstm"), lengths=(10, 20), seeds=2, steps=100, batch_size=8)


def row(cell: str, length: int, seed: int, step: int, **values: object) -> dict[str, object]:
    default = {"accuracy": 0.3, "loss": 1.2, "solved": False, "diverged": False}
    chance = {"chance_accuracy": 0.25, "chance_loss": math.log(4), "learning_rate": 0.02}
    model = {"cell": cell, "length": length, "seed": seed, "step": step}
    return {**model, **default, **chance, **values}


def rows() -> pd.DataFrame:
    """The LSTM solves T = 10 at steps 40 and 60, T = 20 with one seed; the RNN is cut at 50."""
    solved = {"accuracy": 1.0, "loss": 0.01, "solved": True}
    table = [
        row("lstm", 10, 0, 40, **solved),
        row("lstm", 10, 0, 100, **solved),
        row("lstm", 10, 1, 60, **solved),
        row("lstm", 10, 1, 100, accuracy=0.98),
        row("lstm", 20, 0, 80, **solved),
        row("lstm", 20, 0, 100, **solved),
        row("lstm", 20, 1, 100, accuracy=0.26),
        *(row("rnn", length, seed, 50) for length in (10, 20) for seed in (0, 1)),
    ]
    return outcomes(EXPERIMENT, pd.DataFrame(table))


def test_an_outcome_is_the_last_evaluation_and_the_first_that_is_solved() -> None:
    found = rows()
    assert tuple(found.columns) == COLUMNS
    assert len(found) == 8
    one = found[(found["cell"] == "lstm") & (found["length"] == 10) & (found["seed"] == 1)].iloc[0]
    assert (one["solved_step"], one["steps"], one["accuracy"]) == (60, 100, 0.98)
    assert found[found["cell"] == "rnn"]["solved_step"].isna().all()
    assert cut_after(found) == (50, 100)
    assert cut_after(found[found["cell"] == "lstm"]) is None


def test_sequences_are_optimiser_steps_times_batch_size() -> None:
    found = measures.sequences_until_solved("lstm", 10, published=100)(rows())
    assert found == "400 (2 of 2 seeds; 4 times as many)"
    fewer = measures.sequences_until_solved("lstm", 10, published=1000)(rows())
    assert fewer == "400 (2 of 2 seeds; 2.5 times fewer)"
    assert measures.sequences_until_solved("lstm", 20)(rows()) == "640 (1 of 2 seeds)"
    unsolved = measures.sequences_until_solved("rnn", 10)(rows())
    assert unsolved == "not solved within 400 sequences (0 of 2 seeds)"
    assert measures.sequences_until_solved("gru", 10)(rows()) == "not measured"


def test_the_other_measures_in_words() -> None:
    found = rows()
    assert measures.solved("lstm", 20, clip=1.0)(found) == (
        "solved at some evaluation by 1 of 2 seeds; accuracy at the end 26%, 100%"
    )
    assert measures.solved("lstm", 20, clip=0.0)(found) == "not measured"
    assert measures.final_loss("rnn", 10)(found) == "1.2 (chance 1.39), not solved"
    assert measures.final_loss("lstm", 20)(found) == "0.605 (chance 1.39), solved at step 80"
    assert measures.accuracy_by_length("lstm")(found) == "T = 10: 99%, T = 20: 63%"
    assert measures.falls_below("lstm", 0.7)(found) == "at T = 20 (63.0%)"
    assert measures.falls_below("lstm", 0.2)(found) == "not up to T = 20"
    assert measures.gives_up("lstm")(found) == "remembers at T = 20, the longest tested"
    assert measures.gives_up("rnn")(found) == "not even at T = 10"
    worse = found[~((found["length"] == 20) & (found["seed"] == 0))]
    assert measures.gives_up("lstm")(worse) == "remembers at T = 10, no more at 20"


@pytest.mark.parametrize(
    ("fast", "slow", "words"),
    [
        (10, 40, "4 times"),
        (20, None, "more than 5 times: one is not solved at all"),
        (None, 40, "only the slower one is solved"),
        (None, None, "neither is solved"),
    ],
)
def test_a_speed_up_is_a_ratio_of_steps(fast: int | None, slow: int | None, words: str) -> None:
    table = pd.DataFrame(
        [
            row(cell, 10, 0, step, solved=step == solved)
            for cell, solved in (("lstm", fast), ("rnn", slow))
            for step in (10, 20, 40, 100)
        ]
    )
    found = outcomes(replace(EXPERIMENT, lengths=(10,), seeds=1), table)
    assert measures.speed_up("lstm", "rnn", 10)(found) == words


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = record.Outcome(rows(), {"command": "made up"})
    record.write("name", written, tmp_path)
    again = record.read("name", tmp_path)
    assert again.origin == written.origin
    pd.testing.assert_frame_equal(again.rows, written.rows, check_dtype=False, rtol=1e-5)
    assert record.cut_in_words(again) == ("Cut after 50 of 100 optimiser steps.")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_result_is_whole(name: str) -> None:
    result = PUBLISHED[name]
    assert all(cited(key) for key in result.references)
    for experiment in result.experiments:
        experiment.check_trainable()
        assert {replace(experiment, clip=0.0), replace(result.experiments[0], clip=0.0)} == {
            replace(experiment, clip=0.0)
        }
    for one in result.comparisons:
        assert one.source in get_args(Source)
        assert bool(one.published) == bool(one.source), "a number says how well it is known"


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_recorded_outcome_is_of_these_experiments(name: str) -> None:
    result, outcome = PUBLISHED[name], record.recorded(name)
    assert outcome, "record it: python -m models published NAME --out models/published/recorded"
    for experiment in result.experiments:
        found = outcome.rows[outcome.rows["clip"] == experiment.clip]
        assert set(found["cell"]) == set(experiment.cells)
        assert set(found["length"]) == set(experiment.lengths)
        assert set(found["seed"]) == set(experiment.seed_numbers)
        assert set(found["learning_rate"]) == set(experiment.learning_rate)
        assert set(found["planned_steps"]) == {experiment.steps}
        assert set(found["batch_size"]) == {experiment.batch_size}
    assert measures.NOTHING not in {row["ours"] for row in record.compared(result, outcome)}
    assert {"command", "created", "memory_lab", "torch", "seconds"} <= set(outcome.origin)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """One result, of models that train in a moment."""
    result = PUBLISHED["four_units"]
    small = replace(
        result.experiments[0], lengths=(50,), seeds=1, steps=40, batch_size=2, held_out=4
    )
    monkeypatch.setitem(PUBLISHED, "four_units", replace(result, experiments=(small,)))


@pytest.mark.usefixtures("tiny")
def test_the_command_trains_prints_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["published", "four_units", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "(Hochreiter & Schmidhuber 1997)" in text
    assert "paper: 3,200 to 9,600" in text
    assert "here:  not solved within 80 sequences (0 of 1 seed)" in text
    assert "Cut after" not in text
    found = record.read("four_units", tmp_path)
    assert set(found.rows["steps"]) == {40}
    assert "torch" in found.origin
    assert all(make_cell(cell) for cell in found.rows["cell"])


@pytest.mark.usefixtures("tiny")
def test_a_run_that_is_cut_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    result = PUBLISHED["four_units"]
    longer = replace(result.experiments[0], steps=10**6, evaluate_every=10)
    PUBLISHED["four_units"] = replace(result, experiments=(longer,))
    assert main(["published", "four_units", "--minutes", "0.005"]) == 0
    assert "of 1,000,000 optimiser steps." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "the published results are bengio_latch, hochreiter_adding"),
        (["--minutes", "0"], "expected a number above 0"),
        (["--minutes", "soon"], "expected a number"),
    ],
)
def test_bad_input_is_told_in_a_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["published", *arguments]) == 2
    assert message in capsys.readouterr().err
