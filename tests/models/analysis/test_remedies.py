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


def trial_of(verdict: Verdict, cell: str, experiment: Experiment = EXPERIMENT) -> Trial:
    """The first remedy for this verdict, of a cell that no seed solved T = 100 with."""
    before = Reached.of(reached(cell, solved=0), cell, 100)
    offered = remedy(verdict, experiment, cell)
    assert before
    assert offered
    assert (before.solved, before.seeds) == (0, 3)
    return Trial(offered, verdict, experiment, cell, 100, before)


def test_the_outcome_says_what_there_was_before_and_what_there_is_now() -> None:
    trial = trial_of("gate shut", "lstm")
    after = reached("lstm:bias=chrono", solved=3)
    outcome = trial.outcome(pd.concat([reached("lstm", solved=0), after]))
    assert outcome
    assert outcome.headline == (
        "Chrono bias: it helped. T = 100 is solved with 3 of 3 seeds now, 0 of 3 in "
        "the run that failed."
    )
    assert outcome.details == (
        "Changed in all: the LSTM with chrono bias instead of the LSTM. The LSTM, trained again "
        "in this run with the rest, solves T = 100 with 0 of 3 seeds. Memory span: > 100 now, "
        f"{trial.before.span} where only the rest was changed and {trial.before.span} before."
    )
    assert trial.outcome(reached("lstm", solved=0)) is None


@pytest.mark.parametrize(
    ("changed", "again", "says"),
    [
        (0, 0, "it did not help"),
        (2, 0, "it helped in part"),
        (3, 1, "it helped."),
        (3, 3, "it helped, but the RNN itself does as well with the rest"),
    ],
)
def test_a_remedy_has_to_beat_the_same_cell_with_the_rest_of_it(
    changed: int, again: int, says: str
) -> None:
    trial = trial_of("saturated", "rnn")
    rows = [reached(trial.remedy.cell, solved=changed), reached("rnn", solved=again)]
    outcome = trial.outcome(pd.concat(rows))
    assert outcome
    assert says in outcome.headline
    assert "learning rate 0.005 instead of 0.02" in outcome.details


def test_what_was_stopped_early_is_judged_as_such() -> None:
    outcome = trial_of("gate shut", "lstm").outcome(
        reached("lstm:bias=chrono", solved=0).assign(step=150)
    )
    assert outcome
    assert "now after 150 of 400 steps" in outcome.headline


def test_where_a_remedy_was_in_vain_the_next_is_one_that_was_not_tried() -> None:
    trial = trial_of("gradient exploded", "rnn")
    assert trial.remedy.name == "clip at 1"
    now = trial.before
    after_clipping = trial.following("too few steps", now)
    assert after_clipping
    assert after_clipping.remedy.experiment.clip == 1.0
    assert after_clipping.remedy.experiment.steps == 2 * EXPERIMENT.steps
    assert after_clipping.tried == ("clip at 1", "twice as many steps")
    other = trial.following(None, now)
    assert other
    assert other.remedy.name == "a quarter of the learning rate"
    assert other.remedy.experiment.clip == 0.0, "for the cell as it was"
    assert other.following("gradient exploded", now) is None
