"""Training: from an experiment to snapshots of what was measured.

All models of one cell are one population. Populations take turns, the least advanced first, so that
all curves rise together; each turn trains to the next evaluation and ends in a snapshot. The models
of a population are shared out among threads, one for each core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from threadpoolctl import threadpool_limits

from models.experiment import Experiment, ExperimentError
from models.experiment.partition import Shard, partition
from models.kernels.threads import Threads
from models.settings import machine
from models.training.checkpoint import Checkpoint
from models.training.measurement import Measurement
from models.training.population_trainer import PopulationTrainer
from models.training.snapshot import Snapshot


def train(
    experiment: Experiment,
    should_stop: Callable[[], bool] = lambda: False,
    threads: int | None = None,
    checkpoints: Mapping[Shard, Checkpoint] | None = None,
    shards: Sequence[Shard] | None = None,
) -> Iterator[Snapshot]:
    """Trains the models of ``shards``, by default all; yields a snapshot after each turn of one.

    The first of each population is at initialisation, step 0. Once ``should_stop`` says so, what is
    measured is yielded and the iterator ends. The numbers do not depend on ``threads``, by default
    one for each core. Populations that ``checkpoints`` names continue from there, to the same bits
    as without a break. Raises ExperimentError where the experiment asks for a GPU and there is
    none, or nothing could be learned with its settings.
    """
    experiment.check_trainable()
    device, known = choose_device(experiment.device), checkpoints or {}
    # Models share out the cores; operations this small are fastest on one thread each.
    torch.set_num_threads(1)
    with threadpool_limits(1, "blas"):
        shared = Threads(threads or machine.cores())
        trainers = [
            PopulationTrainer(experiment, shard, device, known.get(shard), shared)
            for shard in (partition(experiment) if shards is None else shards)
        ]
        yield from _take_turns(trainers, should_stop)


def _take_turns(
    trainers: list[PopulationTrainer], should_stop: Callable[[], bool]
) -> Iterator[Snapshot]:
    unfinished = [trainer for trainer in trainers if not trainer.finished]
    while unfinished:
        trainer = min(unfinished, key=lambda one: (one.started, one.step))
        yield advance(trainer, should_stop)
        if trainer.finished:
            unfinished.remove(trainer)
        if should_stop():
            yield from (_last_snapshot(one) for one in unfinished if one.started)
            return


def advance(trainer: PopulationTrainer, should_stop: Callable[[], bool]) -> Snapshot:
    """Trains a population to its next evaluation and measures it: one turn.

    Where that is far, the turn ends before it, with what the optimiser steps have measured.
    """
    records = trainer.train_to_evaluation(should_stop)
    measurement = Measurement(trainer)
    evaluate = trainer.evaluation_due or should_stop()
    tables = measurement.evaluation(records) if evaluate else measurement.of_steps(records)
    weights = trainer.kept_weights() if trainer.finished else {}
    return Snapshot(trainer.shard, trainer.step, tables, weights, trainer.checkpoint_if_due())


def _last_snapshot(trainer: PopulationTrainer) -> Snapshot:
    """The snapshot of a population that is stopped, to continue from later."""
    weights, checkpoint = trainer.kept_weights(), trainer.checkpoint()
    return Snapshot(trainer.shard, trainer.step, {}, weights, checkpoint)


def choose_device(wanted: str) -> torch.device:
    """Returns the device to train on; for ``auto`` a GPU where there is one.

    Raises ExperimentError where a GPU is wanted and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ExperimentError("device is cuda, but torch finds no GPU here: use auto or cpu")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)
