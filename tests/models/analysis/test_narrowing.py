"""Narrowing down, by simulation: models remember by curves that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from models.analysis.memory_span import Estimate, estimate
from models.analysis.narrowing import Goal, Round, next_round
from models.analysis.psychometric import fit
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import partition

SECONDS_OF_A_STEP = 0.01
"""How long a made-up model takes for a time step of its sequences."""
CURVES = {"rnn": (31.0, 0.02), "gru": (62.0, 0.15), "lstm": (90.0, 0.4)}
"""The memory span of each cell, and how gradually its models forget."""
START = Experiment(cells=tuple(CURVES), lengths=(10, 20, 50, 100, 200), seeds=3)


def remembers(seed: int, cell: str, length: int, model: int) -> bool:
    """Whether a model remembers: it depends on nothing but itself, as in training."""
    span, slope = CURVES[cell]
    chance = np.random.default_rng((seed, *cell.encode(), length, model)).random()
    return bool(chance < 1 / (1 + np.exp((np.log(length) - np.log(span)) / slope)))


def measured(seed: int, experiment: Experiment) -> dict[str, Estimate]:
    lengths = np.array(experiment.lengths, float)
    models = np.full(len(lengths), float(experiment.seeds))
    return {
        cell: estimate(
            lengths,
            np.array(
                [
                    sum(remembers(seed, cell, length, one) for one in experiment.seed_numbers)
                    for length in experiment.lengths
                ],
                float,
            ),
            models,
        )
        for cell in experiment.cells
    }


@dataclass
class Story:
    """What came of a run that was narrowed down."""

    rounds: list[Experiment]
    seconds: float
    last: Round
    found: Mapping[str, Estimate]


def narrowed(seed: int, goal: Goal, start: Experiment = START) -> Story:
    rounds, spent = [start], 0.0

    def seconds(changed: Experiment) -> float:
        new = partition(changed, rounds)[0:]
        known = set(partition(rounds[-1], rounds[:-1]))
        models = [model for shard in new if shard not in known for model in shard.models]
        return 0.1 + SECONDS_OF_A_STEP * sum(model.length for model in models)

    while True:
        found = measured(seed, rounds[-1])
        left = replace(goal, seconds=max(goal.seconds - spent, 1e-9))
        last = next_round(rounds[-1], found, left, seconds)
        if last.experiment is None:
            return Story(rounds, spent, last, found)
        spent += seconds(last.experiment)
        rounds.append(last.experiment)


def ratio(found: Estimate) -> float:
    return float(found.high / found.low)


@pytest.mark.parametrize("seed", range(4))
def test_it_ends_with_every_interval_within_the_factor(seed: int) -> None:
    story = narrowed(seed, Goal(1.5, 3600))
    assert story.last.reason == "every interval is within a factor of 1.5"
    assert all(ratio(one) <= 1.5 for one in story.found.values())
    assert any(ratio(one) > 1.5 for one in measured(seed, START).values())
    for before, after in zip(story.rounds, story.rounds[1:], strict=False):
        added = set(after.lengths) - set(before.lengths)
        assert (len(added), after.seeds > before.seeds) in ((1, False), (0, True))
        assert set(before.lengths) <= set(after.lengths)
        assert START.lengths[0] <= min(after.lengths) <= max(after.lengths) <= START.lengths[-1]
        assert after.cells == before.cells


def test_it_keeps_to_the_time_and_says_what_is_left() -> None:
    story = narrowed(0, Goal(1.2, 60))
    assert 0 < story.seconds <= 60
    assert "is more than is left of the time; not within a factor of 1.2: the " in story.last.reason
    assert narrowed(0, Goal(1.2, 0.01)).rounds == [START]


def test_where_every_seed_agrees_lengths_are_added_and_not_seeds() -> None:
    """Seeds that all agree once more say nothing about what lies between two lengths."""
    lengths = np.array([20.0, 50, 100, 200])
    found = {"rnn": estimate(lengths, np.array([3.0, 3, 0, 0]), np.full(4, 3.0))}
    start = replace(START, cells=("rnn",), lengths=(20, 50, 100, 200))
    chosen = next_round(start, found, Goal(1.3, 3600), lambda _: 1.0).experiment
    assert chosen
    assert chosen.lengths == (20, 50, 71, 100, 200)
    assert chosen.seeds == 3


def test_between_neighbouring_whole_numbers_there_is_nothing_to_add() -> None:
    lengths = np.array([10.0, 11])
    found = {"rnn": estimate(lengths, np.array([40.0, 0]), np.full(2, 40.0))}
    start = replace(START, cells=("rnn",), lengths=(10, 11), seeds=40)
    last = next_round(start, found, Goal(1.05, 3600), lambda _: 1.0)
    assert last.experiment is None
    assert last.reason.startswith("there is nothing more to put between the lengths tested; not")


def test_a_span_beyond_the_lengths_is_not_narrowed_and_said() -> None:
    lengths = np.array([20.0, 50])
    found = {"rnn": estimate(lengths, np.array([3.0, 3]), np.full(2, 3.0))}
    start = replace(START, cells=("rnn", "gru"), lengths=(20, 50))
    last = next_round(start, found, Goal(1.5, 3600), lambda _: 1.0)
    assert last == Round(
        None,
        "every interval is within a factor of 1.5, but for the RNN and the GRU, which have no span "
        "between the shortest length and the longest",
    )


def test_the_evidence_of_all_outcomes_at_one_more_length_adds_up() -> None:
    lengths = np.array([20.0, 50, 100])
    before = fit(lengths, np.array([5.0, 3, 0]), np.full(3, 5.0))
    outcomes = np.array([[5.0, 3, k, 0] for k in range(2)])
    after = fit(np.insert(lengths, 2, 70), outcomes, np.array([5.0, 5, 1, 5]))
    assert np.exp(after.log_evidence - before.log_evidence).sum() == pytest.approx(1)


@pytest.mark.parametrize(("factor", "seconds"), [(1.0, 60), (11, 60), (1.2, 0), (1.2, 10**6)])
def test_a_goal_that_makes_no_sense_is_refused(factor: float, seconds: float) -> None:
    with pytest.raises(ExperimentError, match="give"):
        Goal(factor, seconds)
