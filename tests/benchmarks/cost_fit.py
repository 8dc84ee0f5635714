"""Measures the coefficients of ``models.experiment.cost``: CPU seconds of one thread.

Every stage of a training is timed by itself, over a seeded grid of sizes, and its coefficients are
those (none below 0) with the least squared relative error. How well these agree with what was
measured goes to standard error.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from scipy.optimize import nnls
from threadpoolctl import threadpool_limits

from models.cells import CELLS
from models.diagnostics.measure import measure_connectivity, measure_recurrence
from models.experiment import Experiment
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.stages import Pass
from models.experiment.cost.work import PopulationWork
from models.experiment.partition import partition
from models.experiment.random_streams import Stream, generator
from models.population.evaluation import set_profile_batches
from models.population.population import Pass as ModelPass
from models.population.population import Population
from models.service.questions.speed import speed
from models.settings.machine import cores
from models.tasks import TASKS, make_task
from models.tasks.task import Batch
from models.training.measurement import Measurement
from models.training.population_trainer import PopulationTrainer
from tests.benchmarks.cost_fit_processes import of_trainer, starting, trajectory
from tests.benchmarks.cost_measured import NORMS, compile_kernels, spec

CPU = torch.device("cpu")
REPEATS = 5
"""Of which the fastest counts."""
SIZES = (4, 8, 16, 32, 48, 64, 96, 128)
BATCHES = (4, 8, 16, 32, 64, 128)
LENGTHS = ((10,), (50,), (10, 20, 50), (20, 80), (200,))
SEEDS = (1, 1, 2, 3, 5)

Row = tuple[Sequence[float], float]
"""How often each coefficient counts, and the microseconds that were measured."""

HEAD = '''"""The time that each stage of a training takes and the memory that it keeps, as measured.

    python -m tests.benchmarks.cost --fit

measures all of this anew and prints this file. Units are those of ``stages``. These were measured
on {processor}, {cores} cores, torch {torch}, numba {numba}; one thread.
"""

from __future__ import annotations

from models.experiment.cost.stages import (
    Diagnostics,
    Drawing,
    Memory,
    Omega,
    Pass,
    Passes,
    Read,
    Setting,
    SettingUp,
    Starting,
    Tables,
    Update,
)
'''


def print_coefficients() -> None:
    """Prints the module ``models.experiment.cost.coefficients``."""
    torch.set_num_threads(1)
    compile_kernels()
    print(HEAD.format(processor=_processor(), cores=cores(), **_versions()))
    # First, since a process that has trained hands what it has loaded on to its children.
    _print_named("MEMORY", f"Memory{_told(of_trainer())}")
    _print_cells("TRAJECTORIES", lambda *of: f"{trajectory(*of):.3g}", TRAJECTORIES)
    _print_named("STARTING", f"Starting{_told(starting())}")
    probes = speed()
    _print_named("OVERHEAD_PROBE", f"{probes['overhead_seconds']:.3g}", PROBES[0])
    _print_named("ARITHMETIC_PROBE", f"{probes['arithmetic_seconds']:.3g}", PROBES[1])
    with threadpool_limits(1, "blas"):
        _print_cells("PASSES", _passes, "The passes by normalisation and cell.")
        _print_cells("DIAGNOSTICS", _diagnostics, "The diagnostics by normalisation and cell.")
        for name, kind, rows in (
            ("READ", "Read", _read()),
            ("OMEGA", "Omega", _omega()),
            ("UPDATE", "Update", _update()),
            ("SETTING", "Setting", _setting()),
            ("SETTING_UP", "SettingUp", _setting_up()),
            ("TABLES", "Tables", _tables()),
        ):
            _print_named(name, f"{kind}{_fitted(name, rows)}")
        drawn = (f'    "{task}": Drawing{_fitted(task, _drawing(task))},\n' for task in TASKS)
        _print_named("TASKS", "{\n" + "".join(drawn) + "}", "The drawing of each task by its name.")


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else "an unknown processor"


def _versions() -> dict[str, str]:
    """The versions of what computes, without what was built for which platform."""
    return {name: version(name).partition("+")[0] for name in ("torch", "numba")}


TRAJECTORIES = (
    "The numbers of a model's trajectory in memory, per time step and number of a hidden state."
)
PROBES = (
    "The seconds of the first probe of ``models.service.questions.speed`` on the same machine.",
    "The seconds of its second probe on the same machine.",
)


def _print_named(name: str, value: str, words: str = "") -> None:
    print(f"{name} = {value}" + (f'\n"""{words}"""' if words else ""), flush=True)


def _print_cells(name: str, of: Callable[[str, str], str], words: str) -> None:
    """A dictionary by normalisation and cell."""
    lines = [
        f'    "{norm}": {{\n'
        + "".join(f'        "{cell}": {of(cell, norm)},\n' for cell in CELLS)
        + "    },\n"
        for norm in NORMS
    ]
    _print_named(name, "{\n" + "".join(lines) + "}", words)


def _passes(cell: str, norm: str) -> str:
    score, train = zip(*_pass_rows(spec(cell, norm)), strict=True)
    passes = (f"Pass{_fitted(f'{cell} {norm}', rows)}" for rows in (score, train))
    return f"Passes({', '.join(passes)})"


def _pass_rows(cell: str) -> Iterator[tuple[Row, Row]]:
    for training in _trainings(cell, 24):
        training.train_step()  # loads the kernel, and fills the running statistics
        sizes = _sizes(training)
        counts = Pass(
            1,
            sizes.models,
            sizes.rows,
            sizes.rows * sizes.hidden * sizes.sequences / 1000,
            sizes.rows * sizes.parameters * sizes.sequences / 1000,
            sizes.rows * sizes.parameters / 1000,
        )
        train = partial(training.population.differentiate, "training", look=training._look)
        score = training.population.score
        yield (counts, _microseconds(score)), (counts, _microseconds(train))


def _diagnostics(cell: str, norm: str) -> str:
    rows, connectivity = [], []
    for training in _trainings(spec(cell, norm), 8, light=True):
        population = training.population
        set_profile_batches(population, [model.seed for model in training.models])
        counts = PopulationWork(_sizes(training)).counts()
        took = _microseconds(partial(measure_recurrence, population), 2)
        rows.append(((*counts[:3], *(count / 1000 for count in counts[3:-1])), took))
        took = _microseconds(partial(measure_connectivity, population), 2)
        connectivity.append(took / counts.connectivity)
    name = f"diagnostics of {cell} {norm}"
    return f"Diagnostics{_told([*_fit(name, rows), float(np.median(connectivity))])}"


def _read() -> Iterator[Row]:
    """What a loss at every step takes on top."""
    named = ((name, one) for name in ("temporal_order", "digits") for one in _settings("rnn", 8))
    for name, settings in named:
        took = []
        for task in (name, f"{name}:targets=every"):
            lengths = [max(length, 64) for length in settings["lengths"][:1]]
            training = _training({**settings, "task": task, "lengths": lengths})
            training.train_step()
            took.append(_microseconds(partial(training.population.differentiate, "training")))
        sizes = _sizes(training)
        steps = sum(sizes.targets) - sizes.models
        numbers = steps * sizes.sequences / 1000
        more = max(took[1] - took[0], 0.02 * took[0])
        yield (steps, numbers * sizes.task.outputs, numbers * sizes.hidden), more


def _omega() -> Iterator[Row]:
    for training in _trainings("rnn:omega=2", 10):
        sizes, passes = _sizes(training), dict[int, ModelPass]()
        training.population.differentiate(draw=training._draw, look=passes.__setitem__)
        last = sizes.models - 1  # whose numbers still stand in the kernel's buffers
        took = _microseconds(partial(training._look, last, passes[last]))
        numbers = sizes.steps[-1] * sizes.hidden * sizes.sequences / 1000
        yield (1, numbers, numbers * sizes.hidden), took


def _update() -> Iterator[Row]:
    """An optimiser step without its batches and its pass."""
    for training in _trainings("gru", 10):
        done = training.population.differentiate(draw=training._draw)
        with patch.object(training.population, "differentiate", lambda *_, known=done, **__: known):
            yield (1, training.parameters.numel() / 1000), _microseconds(training.train_step)


def _setting() -> Iterator[Row]:
    """As an evaluation does it, with a part of what was drawn."""
    for training in _trainings("rnn", 10):
        population = training.population
        source, length = np.random.default_rng(0), population.lengths[0]
        drawn = training.task.sample(source, 2 * population.sequences, length)
        took = _microseconds(partial(_set_half, population, drawn))
        yield (1, drawn.inputs.size / 2000), took


def _set_half(population: Population, drawn: Batch) -> None:
    population.set_batch(0, drawn.subset(population.sequences, population.sequences))


def _setting_up() -> Iterator[Row]:
    for settings in (*_settings("rnn", 6), *_settings("lstm", 6)):
        sizes = _sizes(_training(settings))
        took = _microseconds(partial(_training, settings))
        yield (1, sizes.models, sizes.models * sizes.parameters / 1000), took


def _tables() -> Iterator[Row]:
    """An evaluation without what it measures, which is timed by itself."""
    for cell in ("rnn", "lstm"):
        for training in _trainings(cell, 6, light=True):
            measurement, population = Measurement(training), training.population
            profiles = population.gradient_profile()
            norms = {name: [n.numpy() for n in of] for name, of in profiles.items()}
            scores = measurement._score(population, "held_out")
            recurrence, connectivity = (
                measure_recurrence(population),
                measure_connectivity(population),
            )
            module = "models.training.measurement"
            with (
                patch.object(Measurement, "_score", lambda *_, s=scores: s),
                patch(f"{module}.gradient_profile", lambda *_, n=norms: n),
                patch(f"{module}.measure_recurrence", lambda *_, r=recurrence: r),
                patch(f"{module}.measure_connectivity", lambda *_, c=connectivity: c),
            ):
                took = _microseconds(partial(measurement.evaluation, []))
            sizes = _sizes(training)
            yield (1, sizes.models, sizes.rows * len(sizes.cell.states)), took


def _drawing(task: str) -> Iterator[Row]:
    for length in make_task(task).lengths[:3]:
        for sequences in (8, 32, 128, 256):
            steps = make_task(task).steps(length)
            draw = partial(_draw, task, length, sequences)
            yield (1, steps * sequences / 1000), _microseconds(draw)


def _draw(task: str, length: int, sequences: int) -> None:
    source = generator(0, length, Stream.TRAINING)
    make_task(task).sample(source, sequences, length)


def _trainings(cell: str, count: int, light: bool = False) -> Iterator[PopulationTrainer]:
    for settings in _settings(cell, count, light):
        yield _training(settings)


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
    training = PopulationTrainer(experiment, partition(experiment)[0], CPU)
    _ = training.population, training.optimiser
    return training


def _sizes(training: PopulationTrainer) -> PopulationSizes:
    return PopulationSizes(training.experiment, training.shard)


def _microseconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    took = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        took.append(time.thread_time() - start)
    return 1e6 * min(took)


def _fitted(name: str, rows: Iterable[Row]) -> str:
    return _told(_fit(name, list(rows)))


def _fit(name: str, rows: Sequence[Row]) -> list[float]:
    """The coefficients; says how far estimates by them are off."""
    counts = np.array([row[0] for row in rows], float)
    values = np.array([row[1] for row in rows])
    relative = counts / values[:, None]
    scale = np.maximum(relative.max(axis=0), 1e-300)
    found, _ = nnls(relative / scale, np.ones(len(values)))
    coefficients = found / scale
    off = np.exp(np.abs(np.log(values / (counts @ coefficients))))
    print(f"{name}: ×{np.median(off):.2f}, at worst ×{off.max():.2f}", file=sys.stderr, flush=True)
    return [float(one) for one in coefficients]


def _told(numbers: Iterable[float]) -> str:
    return "(" + ", ".join(f"{number:.3g}" for number in numbers) + ")"
