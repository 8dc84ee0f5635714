"""Measures the coefficients of ``models.experiment.cost``: CPU seconds of a thread, and memory.

Every part of a training is timed by itself, over a seeded grid of sizes, and its coefficients are
those (none below 0) with the least squared relative error.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from scipy.optimize import nnls

from models.cells import CELLS, make_cell
from models.diagnostics.measure import of_recurrence
from models.experiment import Experiment
from models.experiment.cost.coefficients import Pass, Passes
from models.experiment.cost.work import PopulationWork
from models.experiment.partition import partition
from models.experiment.random_streams import Stream, generator
from models.kernels import KERNELS
from models.population.evaluation import set_profile_batches
from models.service.questions.speed import speed
from models.tasks import TASKS, make_task
from models.training.measurement import Measurement
from models.training.optimiser import clip, gradient_norm, is_clipped
from models.training.population_trainer import PopulationTrainer
from models.training.regularisation import omega
from tests.benchmarks.cost_measured import measured, warm_megabytes

CPU = torch.device("cpu")
PATHS = ("kernel", "none", "layer", "batch")
REPEATS = 4
"""Of which the fastest counts."""
SIZES = (4, 8, 16, 32, 48, 64, 96, 128)
BATCHES = (4, 8, 16, 32, 64, 128)
LENGTHS = ((10,), (20,), (50,), (10, 20, 50), (20, 80))
SEEDS = (1, 1, 2, 3, 5)

Row = tuple[Sequence[float], float]
"""How often each coefficient counts, and what was measured."""


def print_coefficients() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    probes = speed()
    print(f"OVERHEAD_PROBE = {probes['overhead_seconds']:.3g}")
    print(f"ARITHMETIC_PROBE = {probes['arithmetic_seconds']:.3g}\n", flush=True)
    # First, since a process that has trained already hands what it has loaded on to its children.
    print(f"STARTING = {_starting():.3g}\n", flush=True)
    _print_memory()
    passes = _passes()
    print(f"UPDATE = Update{_fitted('update', _update())}")
    print(f"SETTING = Setting{_fitted('setting', _setting())}")
    print(f"READ = Read{_fitted('read', _read())}")
    print(f"OMEGA = Omega{_fitted('omega', _omega())}")
    print(f"SETTING_UP = SettingUp{_fitted('setting up', _setting_up())}")
    print("TASKS = {")
    for task in TASKS:
        print(f'    "{task}": Drawing{_fitted(task, _drawing(task), ",")}')
    print("}", flush=True)
    print(f"RECURRENCE = Recurrence{_fitted('recurrence', _recurrence(passes))}")
    print(f"TABLES = Tables{_fitted('tables', _tables())}", flush=True)


def _starting() -> float:
    """How much longer the first training of a process takes than its second."""
    experiment = Experiment(
        cells=("rnn",), lengths=(20,), seeds=1, steps=2, hidden_size=8, held_out=32, device="cpu"
    )
    (share,) = partition(experiment, 1)
    once, twice = (measured(experiment, share, times)[0] for times in (1, 2))
    return 1e6 * (2 * once - twice)


def _passes() -> dict[tuple[str, str], Passes]:
    """Of every path and cell; prints them on the way."""
    found = {}
    print("PASSES = {")
    for path in PATHS:
        print(f'    "{path}": {{')
        for cell in _cells(path):
            score, train = zip(*_pass_rows(cell, path), strict=True)
            both = Passes(Pass(*_fit(score)[0]), Pass(*_fit(train)[0]))
            found[path, cell] = both
            errors = f"{_error(score)}, {_error(train)}"
            print(f'        "{cell}": Passes(  # {errors}')
            for one in both:
                print(f"            Pass{_told(one)},")
            print("        ),", flush=True)
        print("    },")
    print("}", flush=True)
    return found


def _pass_rows(cell: str, path: str) -> Iterator[tuple[Row, Row]]:
    """Scoring and training, microseconds."""
    for training in _trainings(_spec(cell, path), 20, path == "none"):
        population = training.population
        training._set_training_batches()
        counts = _pass_counts(training)

        score = torch.no_grad()(population.outcome)
        there_and_back = partial(_there_and_back, training)
        yield (counts, _microseconds(score)), (counts, _microseconds(there_and_back))


def _there_and_back(training: PopulationTrainer) -> torch.Tensor:
    outcome = training.population.outcome("training")
    (gradient,) = torch.autograd.grad(outcome.loss.sum(), training.parameters)
    return gradient


def _pass_counts(training: PopulationTrainer) -> Sequence[float]:
    schedule, population = training.population.schedule, training.population
    B, P = population.sequences, training.parameters.shape[1]
    thousands = schedule.rows / 1000  # coefficients in nanoseconds
    return (
        1,
        schedule.steps,
        schedule.rows,
        thousands * population.hidden * B,
        thousands * P * B,
        thousands * P,
    )


def _update() -> Iterator[Row]:
    for training in _trainings("gru", 12):
        training._set_training_batches()
        update = partial(_clip_and_step, training, _there_and_back(training))
        yield (1, training.parameters.numel() / 1000), _microseconds(update)


def _clip_and_step(training: PopulationTrainer, gradient: torch.Tensor) -> None:
    norm = gradient_norm(gradient)
    limited = clip(gradient, norm, 1.0)
    limited.square().amax(dim=1)
    is_clipped(gradient, norm, 1.0)
    training.optimiser.step(limited, frozen=training.diverged)


def _setting() -> Iterator[Row]:
    for training in _trainings("rnn", 12):
        population = training.population
        source, length = np.random.default_rng(0), population.lengths[0]
        batch = training.task.sample(source, population.sequences, length)
        took = _microseconds(partial(population.set_batch, 0, batch))
        yield (1, batch.inputs.size / 1000), took


def _drawing(task: str) -> Iterator[Row]:
    for length in make_task(task).lengths[:3]:
        for sequences in (8, 32, 128, 256):
            steps = make_task(task).steps(length)
            draw = partial(_draw, task, length, sequences)
            yield (1, steps * sequences / 1000), _microseconds(draw)


def _draw(task: str, length: int, sequences: int) -> None:
    source = generator(0, length, Stream.TRAINING)
    make_task(task).sample(source, sequences, length)


def _read() -> Iterator[Row]:
    """What targets at every step cost on top."""
    named = ((name, one) for name in ("temporal_order", "digits") for one in _settings("rnn", 10))
    for name, settings in named:
        took = []
        for task in (name, f"{name}:targets=every"):
            lengths = [max(length, 64) for length in settings["lengths"][:1]]
            training = _training({**settings, "task": task, "lengths": lengths})
            training._set_training_batches()
            took.append(_microseconds(partial(_there_and_back, training)))
        population = training.population
        thousands = population.schedule.rows * population.sequences / 1000
        more = max(took[1] - took[0], 0.02 * took[0])
        outputs, hidden, rows = training.task.outputs, population.hidden, population.schedule.rows
        weights = rows * outputs * hidden / 1000
        yield (rows, thousands * outputs, thousands * hidden, weights), more


def _omega() -> Iterator[Row]:
    for training in _trainings("rnn:omega=2", 12):
        population = training.population
        training.train_step()
        rows = population.schedule.lengths[0] / 1000
        numbers = rows * population.hidden * population.sequences
        W_h = population.weights()[0].W_h[0].detach()
        took = _microseconds(partial(omega, population.recurrence, W_h, 0))
        yield (1, numbers, numbers * population.hidden), took


def _setting_up() -> Iterator[Row]:
    for settings in (*_settings("rnn", 8), *_settings("lstm", 8)):
        training = _training(settings)
        schedule = training.population.schedule
        numbers = training.parameters.numel() / 1000
        took = _microseconds(partial(_training, settings))
        yield (1, schedule.steps, schedule.rows, numbers), took


def _recurrence(passes: Mapping[tuple[str, str], Passes]) -> Iterator[Row]:
    for cell in CELLS:
        for norm in ("none", "layer", "batch"):
            for settings in _settings(_spec(cell, norm), 6, light=True):
                training = _training(settings)
                seeds = [model.seed for model in training.models]
                set_profile_batches(training.population, seeds)
                took = _microseconds(partial(of_recurrence, training.population), 2)
                work = PopulationWork(training.experiment, training.shard)
                parts = work.recurrence_parts(passes[norm, cell])
                yield [1e6 * (part.overhead + part.arithmetic) for part in parts], took


def _tables() -> Iterator[Row]:
    """An evaluation without its parts, which are timed by themselves."""
    for cell in ("rnn", "lstm"):
        for settings in _settings(cell, 8, light=True):
            training = _training(settings)
            measuring, population = Measurement(training), training.population
            profiles = population.gradient_profile()
            norms = {name: [n.numpy() for n in of] for name, of in profiles.items()}
            scores = measuring._score(population, "held_out")
            with (
                patch.object(Measurement, "_score", lambda *_, s=scores: s),
                patch("models.training.measurement.gradient_profile", lambda *_, n=norms: n),
                patch("models.training.measurement.of_recurrence", lambda *_: {}),
                patch("models.training.measurement.of_inputs", lambda *_: []),
            ):
                took = _microseconds(partial(Measurement(training).evaluation, []))
            rows = population.schedule.rows * len(training.cell.states)
            yield (1, population.schedule.models, rows), took


def _print_memory() -> None:
    """Megabytes of runs in processes of their own, explained all at once."""
    names = [(path, cell) for path in PATHS for cell in _cells(path)]
    rows: list[Row] = []
    for place, (path, cell) in enumerate(names):
        for settings in _settings(_spec(cell, path), 5, light=path != "kernel"):
            few = {"steps": 1, "held_out": 2 * settings["batch_size"]}
            experiment = Experiment.from_mapping({**settings, **few})
            ((part,),) = partition(experiment, 1)
            with _without_kernels(path == "none"):
                _, megabytes = measured(experiment, [part])
            work = PopulationWork(experiment, part)
            own = [0.0] * len(names)
            own[place] = 4e-6 * work.rows * work.hidden * work.sequences
            drawn = work.rows * work.task.inputs * max(experiment.held_out, work.sequences)
            parameters = work.models * work.parameters
            graph = 0.0 if path == "kernel" else parameters
            counts = (1, work.steps / 1e6, parameters / 1e6, graph / 1e6, drawn / 1e6, *own)
            rows.append((counts, megabytes))
    found, _ = _fit(rows)
    (process, *each), most = found[:5], found[5:]
    print("HELD = {")
    held = dict(zip(names, most, strict=True))
    for path in PATHS:
        print(f'    "{path}": {{')
        for cell in _cells(path):
            kept = _kept(path, cell)
            print(f'        "{cell}": Held({kept}, {max(held[path, cell] - kept, 0):.3g}),')
        print("    },")
    print("}")
    memory = (warm_megabytes() * 1e6, process * 1e6, *each)
    print(f"MEMORY = Memory{_told(memory)}  # memory: {_error(rows)}")


def _kept(path: str, cell: str) -> int:
    """Buffers of H·B numbers for each row."""
    made = make_cell(cell)
    if path != "kernel":
        return 2 * len(made.states)
    more = 0 if cell == "rnn" else 2
    return 1 + len(made.gates) + len(made.states) + more


def _cells(path: str) -> list[str]:
    return list(KERNELS if path == "kernel" else CELLS)


def _spec(cell: str, path: str) -> str:
    return cell if path in ("kernel", "none") else f"{cell}:norm={path}"


def _trainings(cell: str, count: int, readable: bool = False) -> Iterator[PopulationTrainer]:
    with _without_kernels(readable):
        for settings in _settings(cell, count):
            yield _training(settings)


def _without_kernels(readable: bool) -> AbstractContextManager[Any]:
    return patch.dict(KERNELS, clear=True) if readable else nullcontext()


def _settings(cell: str, count: int, light: bool = False) -> Iterator[dict[str, Any]]:
    """The same sizes at every call; ``light`` are those that do not take too long."""
    source = random.Random(7)
    hidden, batch, lengths, seeds = (
        _dealt(source, values, count)
        for values in (
            SIZES[:-2] if light else SIZES,
            BATCHES[:-1] if light else BATCHES,
            LENGTHS[:-1] if light else LENGTHS,
            SEEDS,
        )
    )
    for values in zip(hidden, batch, lengths, seeds, strict=True):
        names = ("hidden_size", "batch_size", "lengths", "seeds")
        yield {"cells": (cell,), "device": "cpu", **dict(zip(names, values, strict=True))}


def _dealt(source: random.Random, values: Sequence[Any], count: int) -> list[Any]:
    """So many of the values in random order, each about as often as the others."""
    dealt: list[Any] = []
    while len(dealt) < count:
        dealt += source.sample(values, len(values))
    return dealt[:count]


def _training(settings: Mapping[str, Any]) -> PopulationTrainer:
    experiment = Experiment.from_mapping(settings)
    ((part,),) = partition(experiment, 1)
    training = PopulationTrainer(experiment, part, CPU)
    _ = training.population
    return training


def _microseconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    took = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return 1e6 * min(took)


def _fitted(name: str, rows: Iterator[Row], end: str = "") -> str:
    known = list(rows)
    return f"{_told(_fit(known)[0])}{end}  # {name}: {_error(known)}"


def _fit(rows: Sequence[Row]) -> tuple[list[float], np.ndarray]:
    """Coefficients, and measured over estimated."""
    counts = np.array([row[0] for row in rows], float)
    values = np.array([row[1] for row in rows])
    relative = counts / values[:, None]
    scale = np.maximum(relative.max(axis=0), 1e-300)
    found, _ = nnls(relative / scale, np.ones(len(values)))
    return (found / scale).tolist(), values / (counts @ (found / scale))


def _error(rows: Sequence[Row]) -> str:
    off = np.exp(np.abs(np.log(_fit(rows)[1])))
    return f"×{np.median(off):.2f}, at worst ×{off.max():.2f}"


def _told(numbers: Sequence[float]) -> str:
    return "(" + ", ".join(f"{number:.3g}" for number in numbers) + ")"
