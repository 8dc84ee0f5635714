"""The partition of an experiment's models into shards."""

from __future__ import annotations

from models.experiment import Experiment
from models.experiment.partition import partition


def test_every_model_of_a_cell_is_in_its_shard_once_longest_first() -> None:
    experiment = Experiment(cells=("lstm", "rnn", "gru"), learning_rate=(0.01, 0.001))
    shards = partition(experiment)
    assert [shard.cell for shard in shards] == list(experiment.cells)
    for shard in shards:
        assert {(one.length, one.seed, one.learning_rate) for one in shard.models} == {
            (length, seed, rate)
            for length in experiment.lengths
            for seed in experiment.seed_numbers
            for rate in experiment.learning_rate
        }
        assert len(shard.models) == len(set(shard.models))
        lengths = [model.length for model in shard.models]
        assert lengths == sorted(lengths, reverse=True)
