"""Checkpoints: training that is broken off and goes on ends in the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest
import torch

from models.cells import CELLS
from models.experiment import Experiment
from models.experiment.partition import Shard, partition
from models.training import population_trainer
from models.training.checkpoint import Checkpoint
from models.training.population_trainer import PopulationTrainer
from models.training.snapshot import Snapshot
from models.training.train import advance, train

CPU = torch.device("cpu")
EVERY_PATH = (
    *CELLS,
    "rnn:activation=relu,gain=1.5",
    "rnn:omega=1",
    "rnn:norm=layer",
    "rnn:norm=batch",
    "lstm:bias=chrono",
    "lstm:norm=layer",
    "lstm:norm=batch",
    "gru:bias=chrono",
    "gru:norm=batch",
)
"""Every cell, and every way through which one can be trained."""


def small(*cells: str, **settings: object) -> Experiment:
    return Experiment.from_mapping(
        {
            "cells": cells,
            "lengths": (10, 13),
            "seeds": 2,
            "steps": 8,
            "hidden_size": 5,
            "batch_size": 6,
            "evaluate_every": 3,
            "held_out": 12,
            "learning_rate": (0.01, 0.02),
            "device": "cpu",
            **settings,
        }
    )


def stop_after(steps: int) -> Callable[[], bool]:
    """Says stop once it has been asked so often, which is once an optimiser step and turn."""
    asked = iter(range(10**9))
    return lambda: next(asked) >= steps


def rows(snapshots: Iterable[Snapshot], table: str, after: int) -> pd.DataFrame:
    parts = [one.tables[table] for one in snapshots if table in one.tables]
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame["step"] > after].reset_index(drop=True)


@pytest.mark.parametrize("cell", EVERY_PATH)
def test_resumed_training_ends_in_the_same_bits(cell: str) -> None:
    experiment = small(cell)
    (part,) = partition(experiment, 1)[0]
    whole = list(train(experiment, processes=1))
    saved = list(train(experiment, stop_after(7), processes=1))[-1].checkpoint
    assert saved is not None
    assert 3 < saved.step < experiment.steps
    saved = Checkpoint.from_bytes(saved.to_bytes())
    resumed = list(train(experiment, processes=1, checkpoints={part: saved}))
    for table in ("training", "accuracy", "gradients", "diagnostics", "influence"):
        pd.testing.assert_frame_equal(
            rows(resumed, table, saved.step), rows(whole, table, saved.step), check_exact=True
        )
    assert resumed[-1].step == whole[-1].step == experiment.steps
    for model, parameters in whole[-1].weights.items():
        assert parameters.tobytes() == resumed[-1].weights[model].tobytes()


def test_it_goes_on_in_several_processes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population_trainer, "CHECKPOINT_SECONDS", 0.0)
    experiment = small("rnn", "lstm", "gru")
    parts = [part for share in partition(experiment, 2) for part in share]
    whole = list(train(experiment, processes=2))
    checkpoints: dict[Shard, Checkpoint] = {}
    for snapshot in train(experiment, processes=2):
        if snapshot.checkpoint and snapshot.step == 3:
            checkpoints[snapshot.part] = snapshot.checkpoint
    assert set(checkpoints) == set(parts)
    resumed = list(train(experiment, processes=2, checkpoints=checkpoints))
    ends = [{one.part: one for one in run if one.weights} for run in (whole, resumed)]
    assert set(ends[0]) == set(parts)
    for part, end in ends[1].items():
        for model, parameters in end.weights.items():
            assert parameters.tobytes() == ends[0][part].weights[model].tobytes()


def test_a_diverged_model_stays_so() -> None:
    experiment = small("rnn:activation=relu,gain=3", learning_rate=(0.02, 100.0), clip=0.0)
    (part,) = partition(experiment, 1)[0]
    saved = list(train(experiment, stop_after(8), processes=1))[-1].checkpoint
    assert saved is not None
    assert not saved.arrays["alive"].all()
    resumed = PopulationTrainer(experiment, part, CPU, saved)
    assert resumed.alive.tolist() == saved.arrays["alive"].tolist()


def test_a_finished_population_is_not_trained_again() -> None:
    experiment = small("rnn")
    (part,) = partition(experiment, 1)[0]
    last = list(train(experiment, processes=1))[-1]
    assert last.checkpoint is not None
    assert list(train(experiment, processes=1, checkpoints={part: last.checkpoint})) == []


def test_checkpoints_come_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = small("rnn", steps=9)
    told = [one.checkpoint is not None for one in train(experiment, processes=1)]
    assert told == [False, False, False, True]
    monkeypatch.setattr(population_trainer, "CHECKPOINT_SECONDS", 0.0)
    assert all(one.checkpoint is not None for one in train(experiment, processes=1))


def test_a_long_way_to_the_next_evaluation_is_told_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    experiment = small("rnn", steps=6, evaluate_every=6)
    whole = list(train(experiment, processes=1))
    training = PopulationTrainer(experiment, partition(experiment, 1)[0][0], CPU)
    clock = iter(range(10**6))
    monkeypatch.setattr(
        "models.training.population_trainer.time.monotonic", lambda: float(next(clock))
    )
    monkeypatch.setattr(population_trainer, "TURN_SECONDS", 3.0)
    told = []
    while not training.finished:
        told.append(advance(training, lambda: False))
    assert len(told) > 3
    assert all(set(one.tables) <= {"training"} for one in told[1:-1])
    for table in ("training", "accuracy"):
        pd.testing.assert_frame_equal(rows(told, table, -1), rows(whole, table, -1))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04K\x01.", b"x" * 100])
def test_what_is_no_checkpoint_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        Checkpoint.from_bytes(content)


def test_objects_in_an_array_are_refused() -> None:
    bad = Checkpoint(1, {"parameters": np.array([{"a": 1}], dtype=object)}, {})
    with pytest.raises(ValueError, match="not a checkpoint"):
        Checkpoint.from_bytes(bad.to_bytes())
