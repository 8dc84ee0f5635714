"""The partition of an experiment's models into shards and processes."""

from __future__ import annotations

from models.experiment import Experiment
from models.experiment.partition import Shard, partition


def models_of(processes: list[list[Shard]]) -> list[tuple[str, object]]:
    """Every model with its cell, sorted."""
    shards = [shard for own in processes for shard in own]
    return sorted([(one.cell, model) for one in shards for model in one.models], key=str)


def test_every_model_is_trained_once_whatever_the_number_of_processes() -> None:
    experiment = Experiment(learning_rate=(0.01, 0.001))
    everything = models_of(partition(experiment, 1))
    assert len(everything) == len(set(everything)) == 5 * 4 * 3 * 2
    for processes in (2, 3, 8):
        distributed = partition(experiment, processes)
        assert len(distributed) <= processes
        assert models_of(distributed) == everything


def test_cells_stay_whole_where_that_is_balanced() -> None:
    shards = [shard for own in partition(Experiment(), 2) for shard in own]
    assert sorted(shard.cell for shard in shards) == sorted(Experiment().cells)


def test_one_cell_is_split_between_two_processes_longest_first() -> None:
    shards = [shard for own in partition(Experiment(cells=("lstm",)), 2) for shard in own]
    assert [len(shard.models) for shard in shards] == [6, 6]
    for shard in shards:
        lengths = [model.length for model in shard.models]
        assert lengths == sorted(lengths, reverse=True)
