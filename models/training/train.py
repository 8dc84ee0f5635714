"""Training: from an experiment to snapshots of what was measured.

Every cell's models are one population. The populations of a process take turns, the least
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
    tasks = [(experiment, share, device, checkpoints or {}) for share in shares]
    if len(tasks) == 1:
        yield from train_populations(*tasks[0], should_stop)
    else:
        yield from run_in_processes(train_populations, tasks, should_stop)


def train_populations(
    experiment: Experiment,
    parts: Sequence[Shard],
    device: torch.device,
    checkpoints: Mapping[Shard, Checkpoint],
    should_stop: Callable[[], bool],
) -> Iterator[Snapshot]:
    """Trains these populations in this process, the least advanced first."""
    # Operations this small are fastest on one thread.
    torch.set_num_threads(1)
    # Vanishing gradients end in denormal numbers, which are slow and mean nothing here.
    torch.set_flush_denormal(True)
    populations = [
        PopulationTrainer(experiment, part, device, checkpoints.get(part)) for part in parts
    ]
    waiting = [population for population in populations if not population.finished]
    while waiting:
        population = min(waiting, key=lambda one: (one.initialised, one.step))
        yield advance(population, should_stop)
        if population.finished:
            waiting.remove(population)
        if should_stop():
            yield from (_stopped(population) for population in waiting if population.initialised)
            return


def advance(population: PopulationTrainer, should_stop: Callable[[], bool]) -> Snapshot:
    """Trains a population to its next evaluation, and measures it.

    Where that is far, it ends in between with what training itself has measured.
    """
    records, evaluate = population.train_to_evaluation(should_stop)
    measuring = Measurement(population)
    tables = measuring.tables(records) if evaluate else measuring.of_training(records)
    weights = population.kept_weights() if population.finished else {}
    checkpoint = population.checkpoint_if_due()
    return Snapshot(population.part, population.step, tables, weights, checkpoint)


def _stopped(population: PopulationTrainer) -> Snapshot:
    """The last snapshot of a population that will not be finished."""
    weights, checkpoint = population.kept_weights(), population.checkpoint()
    return Snapshot(population.part, population.step, {}, weights, checkpoint)


def choose_device(wanted: str) -> torch.device:
    """``auto`` is a GPU where there is one. Raises ExperimentError where one is missing."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ExperimentError("device is cuda, but torch finds no GPU here: use auto or cpu")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def processes_for(experiment: Experiment) -> int:
    """How many processes train it by default: one for each core, one for a GPU."""
    return machine.cores() if choose_device(experiment.device).type == "cpu" else 1
