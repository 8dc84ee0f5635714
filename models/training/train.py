"""Training: from an experiment to snapshots of what was measured.

All models of one cell are one population. The populations of a process take turns, the least
advanced first, so that all curves rise together; each turn trains to the next evaluation and ends
in a snapshot. On several cores the populations are shared out between as many processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from models.experiment import Experiment, ExperimentError
from models.experiment.partition import Shard, partition
from models.settings import machine
from models.training.checkpoint import Checkpoint
from models.training.measurement import Measurement
from models.training.population_trainer import PopulationTrainer
from models.training.processes import run_in_processes
from models.training.snapshot import Snapshot


def train(
    experiment: Experiment,
    should_stop: Callable[[], bool] = lambda: False,
    processes: int | None = None,
    checkpoints: Mapping[Shard, Checkpoint] | None = None,
) -> Iterator[Snapshot]:
    """Trains all models of the experiment; yields a snapshot after each turn of a population.

    The first of each population is at initialisation, step 0. Once ``should_stop`` says so, what is
    measured is yielded and the iterator ends. The numbers do not depend on ``processes``, by
    default one for each core. Populations that ``checkpoints`` names go on from there, to the same
    bits as without a break; they are those of the same number of processes. Raises ExperimentError
    where the experiment asks for a GPU and there is none or nothing could be learnt with its
    settings, ProcessDiedError where a process dies.
    """
    experiment.check_trainable()
    device = choose_device(experiment.device)
    shares = partition(experiment, processes or processes_for(experiment))
    arguments = [(experiment, shards, device, checkpoints or {}) for shards in shares]
    if len(arguments) == 1:
        yield from train_populations(*arguments[0], should_stop)
    else:
        yield from run_in_processes(train_populations, arguments, should_stop)


def train_populations(
    experiment: Experiment,
    shards: Sequence[Shard],
    device: torch.device,
    checkpoints: Mapping[Shard, Checkpoint],
    should_stop: Callable[[], bool],
) -> Iterator[Snapshot]:
    """Trains these populations in this process, the least advanced first."""
    # Operations this small are fastest on one thread.
    torch.set_num_threads(1)
    # Vanishing gradients end in denormal numbers, which are slow and mean nothing here.
    torch.set_flush_denormal(True)
    trainers = [
        PopulationTrainer(experiment, shard, device, checkpoints.get(shard)) for shard in shards
    ]
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
    """The snapshot of a population that is stopped, to go on from later."""
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


def processes_for(experiment: Experiment) -> int:
    """Returns how many processes train it by default: one for each core, or one for a GPU."""
    return machine.cores() if choose_device(experiment.device).type == "cpu" else 1
