"""What is offered where a cell failed: experiments that can be run, and what came of them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from models.analysis.diagnosis import RULES, Verdict
from models.analysis.remedies import REMEDIES, Reached, Trial, remedy
from models.cells import CELLS
from models.experiment import Experiment
from tests.models.tables import table

EXPERIMENT = Experiment(clip=0.0, truncate=10)
CELL_SPECS = (*CELLS, "lstm:bias=chrono", "gru:bias=0", "rnn:norm=layer", "rnn:omega=2")


@pytest.mark.parametrize("verdict", REMEDIES)
@pytest.mark.parametrize("cell", CELL_SPECS)
def test_a_remedy_is_an_experiment_that_can_be_trained_and_another_one(
    verdict: Verdict, cell: str
) -> None:
    experiment = replace(EXPERIMENT, cells=("gru", cell) if cell != "gru" else ("gru",))
    offered = remedy(verdict, experiment, cell)
    if offered is None:
        return
    offered.experiment.check_trainable()
    assert offered.cell in offered.experiment.cells
    assert offered.experiment != replace(experiment, cells=(cell,))
    assert offered.experiment.lengths == experiment.lengths
    assert offered.experiment.seed_numbers == experiment.seed_numbers
    assert Experiment.from_json(offered.experiment.to_json()) == offered.experiment


def test_no_remedy_is_for_a_verdict_that_is_not_given() -> None:
    assert set(REMEDIES) <= {rule.verdict for rule in RULES} - {"solved"}


def test_a_gate_that_is_shut_is_started_with_chrono_bias_beside_the_cell_as_it_was() -> None:
    offered = remedy("gate shut", EXPERIMENT, "lstm")
    assert offered
    assert offered.experiment.cells == ("lstm", "lstm:bias=chrono")
    assert offered.cell == "lstm:bias=chrono"
    assert remedy("gate shut", EXPERIMENT, "lstm:bias=chrono") is None


def test_an_explosion_is_clipped_unless_it_was() -> None:
    offered = remedy("gradient exploded", EXPERIMENT, "rnn")
    assert offered
    assert (offered.experiment.clip, offered.experiment.clip_by) == (1.0, "norm")
    by_value = remedy("gradient exploded", replace(EXPERIMENT, clip=1.0, clip_by="value"), "rnn")
    assert by_value
    assert by_value.experiment.clip_by == "norm"


def test_too_few_steps_are_doubled_and_a_cut_is_taken_away() -> None:
    more, whole = (
        remedy(verdict, EXPERIMENT, "rnn") for verdict in ("too few steps", "gradient truncated")
    )
    assert more
    assert whole
    assert more.experiment.steps == 2 * EXPERIMENT.steps
    assert whole.experiment.truncate == 0


def test_a_cell_alone_keeps_the_hidden_size_that_it_had_beside_larger_ones() -> None:
    matched = replace(EXPERIMENT, cells=("rnn", "lstm"), match="parameters")
    offered = remedy("too few steps", matched, "rnn")
    assert offered
    assert offered.experiment.hidden_sizes()["rnn"] == matched.hidden_sizes()["rnn"] > 32


def reached(cell: str, solved: int) -> pd.DataFrame:
    """Three seeds at two lengths: all solve 20, and so many solve 100."""
    return table(
        "accuracy",
        *(
            {"cell": cell, "length": length, "seed": seed, "step": 400}
            | {"accuracy": 1.0 if good else 0.25, "solved": good}
            for seed in range(3)
            for length, good in ((20, True), (100, seed < solved))
        ),
    )


def test_the_outcome_says_what_there_was_before_and_what_there_is_now() -> None:
    before = Reached.of(reached("lstm", solved=0), "lstm", 100)
    offered = remedy("gate shut", EXPERIMENT, "lstm")
    assert before
    assert offered
    assert (before.solved, before.seeds) == (0, 3)
    trial = Trial(offered, "lstm", 100, before)
    now = pd.concat([reached("lstm", solved=0), reached("lstm:bias=chrono", solved=3)])
    assert trial.outcome(now) == (
        "Tried chrono bias for the LSTM. At T = 100, 0 of 3 seeds solved the task before, 3 of 3 "
        f"do now. Memory span before: {before.span}, now: > 100."
    )
    assert trial.outcome(reached("lstm", solved=0)) == ""
