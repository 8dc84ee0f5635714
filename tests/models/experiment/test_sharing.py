"""Who trains what."""

from __future__ import annotations

from models.experiment import Experiment
from models.experiment.partition import Shard, partition


def models_of(shares: list[list[Shard]]) -> list[tuple[str, object]]:
    pairs = [(part.cell, model) for share in shares for part in share for model in part.models]
    return sorted(pairs, key=str)


def test_every_model_is_trained_once_whatever_the_number_of_processes() -> None:
    experiment = Experiment(learning_rate=(0.01, 0.001))
    everything = models_of(partition(experiment, 1))
    assert len(everything) == len(set(everything)) == 5 * 4 * 3 * 2
    for processes in (2, 3, 8):
        shares = partition(experiment, processes)
        assert len(shares) <= processes
        assert models_of(shares) == everything


def test_cells_stay_whole_where_that_is_fair() -> None:
    shares = partition(Experiment(), 2)
    assert sorted(part.cell for share in shares for part in share) == sorted(Experiment().cells)


def test_one_cell_is_split_between_two_processes_longest_first() -> None:
    shares = partition(Experiment(cells=("lstm",)), 2)
    assert [len(part.models) for share in shares for part in share] == [6, 6]
    for (part,) in shares:
        lengths = [model.length for model in part.models]
        assert lengths == sorted(lengths, reverse=True)
