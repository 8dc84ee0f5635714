"""Checkpoints: training that is broken off and goes on ends in the same bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.experiment.partition import Shard, partition
from models.training import population_trainer
from models.training.checkpoint import Checkpoint
from models.training.population_trainer import PopulationTrainer
from models.training.train import advance, train
from tests.models.training.small import CPU, EVERY_PATH, shard_of, small, table, trainer_of

SETTINGS = {"steps": 8, "learning_rate": (0.01, 0.02)}


def stop_after(steps: int) -> Callable[[], bool]:
    """Says stop when it has been called so often; it is once an optimiser step and once a turn."""
    asked = iter(range(10**9))
    return lambda: next(asked) >= steps


@pytest.mark.parametrize(
    ("cell", "optimiser"),
    [
        *((cell, "adam") for cell in EVERY_PATH),
        ("lstm", "rmsprop:momentum=0.5"),
        ("gru", "sgd:nesterov=yes"),
    ],
)
def test_resumed_training_ends_in_the_same_bits(cell: str, optimiser: str) -> None:
    experiment = small(**SETTINGS, cells=[cell], optimiser=optimiser, schedule="cosine")
    whole = list(train(experiment))
    saved = list(train(experiment, stop_after(7)))[-1].checkpoint
    assert saved is not None
    assert 3 < saved.step < experiment.steps
    saved = Checkpoint.from_bytes(saved.to_bytes())
    resumed = list(train(experiment, checkpoints={shard_of(experiment): saved}))
    for name in ("training", "accuracy", "gradients", "diagnostics", "influence"):
        pd.testing.assert_frame_equal(
            table(resumed, name, saved.step), table(whole, name, saved.step), check_exact=True
        )
    assert resumed[-1].step == whole[-1].step == experiment.steps
    for model, parameters in whole[-1].weights.items():
        assert parameters.tobytes() == resumed[-1].weights[model].tobytes()


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (2, 3)])
def test_it_goes_on_in_another_number_of_threads_to_the_same_bits(
    before: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(population_trainer, "CHECKPOINT_SECONDS", 0.0)
    experiment = small(**SETTINGS, cells=("rnn", "lstm:norm=batch", "gru"))
    shards = set(partition(experiment))
    checkpoints: dict[Shard, Checkpoint] = {}
    whole = list(train(experiment, threads=before))
    for snapshot in whole:
        if snapshot.checkpoint and snapshot.step == 3:
            checkpoints[snapshot.shard] = snapshot.checkpoint
    assert set(checkpoints) == shards
    resumed = list(train(experiment, threads=after, checkpoints=checkpoints))
    expected, ends = ({one.shard: one for one in run if one.weights} for run in (whole, resumed))
    assert set(expected) == shards
    for shard, end in ends.items():
        for model, parameters in end.weights.items():
            assert parameters.tobytes() == expected[shard].weights[model].tobytes()


def test_a_diverged_model_is_still_diverged_when_resumed() -> None:
    experiment = small(
        steps=8, cells=["rnn:activation=relu,gain=3"], learning_rate=(0.02, 100.0), clip=0.0
    )
    saved = list(train(experiment, stop_after(8)))[-1].checkpoint
    assert saved is not None
    assert not saved.arrays["alive"].all()
    resumed = PopulationTrainer(experiment, shard_of(experiment), CPU, saved)
    assert resumed.diverged.tolist() == (~saved.arrays["alive"]).tolist()


def test_a_finished_population_is_not_trained_again() -> None:
    experiment = small()
    last = list(train(experiment))[-1]
    assert last.checkpoint is not None
    checkpoints = {shard_of(experiment): last.checkpoint}
    assert list(train(experiment, checkpoints=checkpoints)) == []


def test_checkpoints_come_so_often_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = small(steps=9)
    has_checkpoint = [one.checkpoint is not None for one in train(experiment)]
    assert has_checkpoint == [False, False, False, True]
    monkeypatch.setattr(population_trainer, "CHECKPOINT_SECONDS", 0.0)
    assert all(one.checkpoint is not None for one in train(experiment))


def test_a_turn_ends_before_an_evaluation_that_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"steps": 6, "evaluate_every": 6}
    whole = list(train(small(**settings)))
    trainer = trainer_of(**settings)
    clock = iter(range(10**6))
    monkeypatch.setattr(
        "models.training.population_trainer.time.monotonic", lambda: float(next(clock))
    )
    monkeypatch.setattr(population_trainer, "MAX_TURN_SECONDS", 2.0)
    snapshots = []
    while not trainer.finished:
        snapshots.append(advance(trainer, lambda: False))
    assert [one.step for one in snapshots] == [0, 2, 4, 6]
    assert all(set(one.tables) == {"training"} for one in snapshots[1:-1])
    for name in ("training", "accuracy"):
        pd.testing.assert_frame_equal(table(snapshots, name), table(whole, name))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04K\x01.", b"x" * 100])
def test_bytes_that_are_no_checkpoint_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        Checkpoint.from_bytes(content)


def test_objects_in_an_array_are_refused() -> None:
    bad = Checkpoint(1, {"parameters": np.array([{"a": 1}], dtype=object)}, [])
    with pytest.raises(ValueError, match="not a checkpoint"):
        Checkpoint.from_bytes(bad.to_bytes())
