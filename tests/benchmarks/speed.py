"""The time of one optimiser step of all models, against the usual ways to train them.

    python -m tests.benchmarks.speed [--before FOLDER]

Three cells × lengths 10…200 × 3 seeds on temporal order, batch 64. Ours computes ∂L/∂h_t of every
step on the way, and shares the models out among threads. The peers train one model after the other,
with as many threads: torch.nn's modules, a step-by-step version that keeps ∂L/∂h_t, and, where it
is installed, JAX (``lax.scan`` under jit). ``--before`` is a checkout of an earlier release, whose
populations train in a process beside. Same task, same loss, clipping and Adam; ours also draw fresh
sequences in every step, the peers get theirs for free. Every figure is the median over rounds in
which all take turns; the ratio is their time over ours.

The last lines say what share of this machine's largest product of matrices (sgemm, one thread) the
LSTM reaches, with everything that an optimiser step takes.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
import torch
from threadpoolctl import ThreadpoolController, threadpool_limits

from models.experiment import Experiment
from models.experiment.partition import ModelKey, partition
from models.experiment.random_streams import Stream, generator
from models.kernels.threads import Threads
from models.tasks import make_task
from models.training.population_trainer import PopulationTrainer
from tests.benchmarks import jax_peers
from tests.benchmarks.peers import Stock, Trainer, UnrolledStep

CELLS = ("rnn", "lstm", "gru")
LENGTHS = (10, 20, 50, 100, 200)
SEEDS, BATCH = 3, 64
SGEMM = 1024
CONTROLLER = ThreadpoolController()
"""Made once: it looks for the libraries, which takes ten milliseconds."""
TARGETS = {32: {"before": 2.2, "torch.nn": 15, "unrolled": 20, "jax": 3, "sgemm": 0.33}}
TARGETS[64] = {"before": 1.6, "torch.nn": 10, "unrolled": 11, "jax": 2, "sgemm": 0.42}
"""What each ratio should reach at least, by hidden size: with two threads, but ``before`` and
``sgemm`` with one."""

Ways = dict[str, Callable[[], object]]
"""By name, a function that makes one optimiser step of all models."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--hidden-sizes", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--before", help="the folder of an earlier release")
    options = parser.parse_args()
    print(f"torch {torch.__version__}, lengths {LENGTHS} × {SEEDS} seeds, batch {BATCH}")
    peak = _sgemm()
    for hidden in options.hidden_sizes:
        for threads in sorted({1, options.threads}):
            times = compare(hidden, threads, options.rounds, options.before)
            if threads == 1:
                share = _lstm_operations(hidden) / (times["ours"]["lstm"] / 1000) / peak
                wanted = TARGETS.get(hidden, {}).get("sgemm", 0)
                print(
                    f"LSTM: {share * peak / 1e9:.0f} GFLOP/s, {share:.0%} of sgemm's "
                    f"{peak / 1e9:.0f} (to reach: {wanted:.0%})"
                )


def compare(
    hidden: int, threads: int, rounds: int, before: str | None
) -> dict[str, dict[str, float]]:
    """Prints one table, every cell by itself and all together; returns ms by way and cell."""
    kinds: dict[str, dict[str, float]] = {}
    with ExitStack() as stack, threadpool_limits(threads):
        ways: dict[str, Ways] = {"ours": _ours(hidden, threads)}
        if before:
            ways["before"] = _before(before, hidden, threads, stack)
        ways["torch.nn"] = _peers(Stock, hidden, threads)
        ways["unrolled"] = _peers(UnrolledStep, hidden, threads)
        ways["jax"] = _jax(hidden)
        flat = {f"{kind} {name}": way for kind, own in ways.items() for name, way in own.items()}
        times = _medians(flat, rounds)
    for kind, own in ways.items():
        kinds[kind] = {name: times[f"{kind} {name}"] for name in own}
    _print(kinds, hidden, threads)
    return kinds


def _print(kinds: Mapping[str, Mapping[str, float]], hidden: int, threads: int) -> None:
    peers = [kind for kind in kinds if kind != "ours" and kinds[kind]]
    print(
        f"\nH={hidden}, {threads} thread{'s' * (threads > 1)}; ms an optimiser step of all models"
    )
    print(f"{'':14}{'ours':>8}" + "".join(f"{peer:>10}{'ratio':>7}" for peer in peers))
    for name in (*CELLS, "all", "lstm and gru"):
        parts = {"all": CELLS, "lstm and gru": ("lstm", "gru")}.get(name, (name,))
        line = f"{name:14}{sum(kinds['ours'][one] for one in parts):8.1f}"
        for peer in peers:
            if all(one in kinds[peer] for one in parts):
                ours = sum(kinds["ours"][one] for one in parts)
                theirs = sum(kinds[peer][one] for one in parts)
                line += f"{theirs:10.1f}{theirs / ours:6.1f}×"
            else:
                line += " " * 17
        print(line)
    wanted = TARGETS.get(hidden, {})
    told = [
        f"{peer} {wanted[peer]:g}×"
        for peer in peers
        if peer in wanted and (threads == 1) == (peer == "before")
    ]
    if told:
        print("to reach: " + ", ".join(told))


def _ours(hidden: int, threads: int) -> Ways:
    shared, one = Threads(threads), torch.device("cpu")
    experiment = _experiment(CELLS, hidden)
    return {
        shard.cell: partial(
            _on_one, PopulationTrainer(experiment, shard, one, threads=shared).train_step
        )
        for shard in partition(experiment)
    }


def _on_one(step: Callable[[], object]) -> None:
    """As training does: each product on one thread."""
    torch.set_num_threads(1)
    with CONTROLLER.limit(limits=1, user_api="blas"):
        step()


BEFORE = """
import sys
import torch
from models.experiment import Experiment
from models.experiment.partition import partition
from models.training.population_trainer import PopulationTrainer
from tests.benchmarks.speed import Ours

if __name__ == "__main__":
    torch.set_num_threads(1)
    cells, lengths, seeds, hidden, batch, threads = eval(sys.argv[1])
    experiments = {
        cell: Experiment(
            cells=(cell,), lengths=lengths, seeds=seeds, hidden_size=hidden, batch_size=batch,
            device="cpu",
        )
        for cell in cells
    }
    steps = {cell: Ours(experiment, threads) for cell, experiment in experiments.items()}
    for line in sys.stdin:
        steps[line.strip()]()
        print("done", flush=True)
"""
"""What runs in the folder of the release before: its benchmark's own way to step."""


def _before(folder: str, hidden: int, threads: int, stack: ExitStack) -> Ways:
    sizes = repr((CELLS, LENGTHS, SEEDS, hidden, BATCH, threads))
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-c", BEFORE, sizes],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    )
    stack.callback(os.killpg, process.pid, signal.SIGKILL)  # with all that it has forked

    def step(cell: str) -> None:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{cell}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    return {cell: partial(step, cell) for cell in CELLS}


def _peers(kind: type[Stock] | type[UnrolledStep], hidden: int, threads: int) -> Ways:
    ways: Ways = {}
    for cell in CELLS:
        trainers = []
        for x, targets, outputs in _batches(hidden):
            module = kind(cell, x.shape[2], hidden, outputs)
            trainers.append(Trainer(module, torch.from_numpy(x), torch.from_numpy(targets)))
        ways[cell] = partial(_step_each, [trainer.step for trainer in trainers], threads)
    return ways


def _jax(hidden: int) -> Ways:
    try:
        return {
            cell: partial(
                _step_each,
                [
                    jax_peers.make_step(cell, hidden, outputs, x, targets)
                    for x, targets, outputs in _batches(hidden)
                ],
                None,
            )
            for cell in ("lstm", "gru")
        }
    except ImportError:
        return {}


def _step_each(steps: list[Callable[[], None]], threads: int | None) -> None:
    if threads:
        torch.set_num_threads(threads)
    for step in steps:
        step()


def _batches(hidden: int) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Inputs (steps, B, inputs), targets (B,) and the number of classes, for each model."""
    experiment = _experiment(("rnn",), hidden)
    task = make_task(experiment.task)
    (shard,) = partition(experiment)
    return [(*_batch(experiment, model), task.outputs) for model in shard.models]


def _batch(experiment: Experiment, model: ModelKey) -> tuple[np.ndarray, np.ndarray]:
    source = generator(model.seed, model.length, Stream.TRAINING)
    batch = make_task(experiment.task).sample(source, experiment.batch_size, model.length)
    return np.ascontiguousarray(batch.inputs.transpose(0, 2, 1)), batch.targets[0]


def _experiment(cells: tuple[str, ...], hidden: int) -> Experiment:
    return Experiment(
        cells=cells,
        lengths=LENGTHS,
        seeds=SEEDS,
        hidden_size=hidden,
        batch_size=BATCH,
        device="cpu",
    )


def _lstm_operations(hidden: int) -> float:
    """Floating-point operations of the products that one step of all LSTMs needs."""
    task = make_task(_experiment(("lstm",), hidden).task)
    rows, columns = 4 * hidden, hidden + task.inputs + 1
    forward = weights = 2.0 * rows * columns * BATCH
    back = 2.0 * rows * hidden * BATCH
    steps = SEEDS * sum(task.steps(length) for length in LENGTHS)
    return steps * (forward + weights + back)


def _sgemm() -> float:
    """Operations a second of the product of two large matrices, on one thread."""
    a = np.ones((SGEMM, SGEMM), np.float32)
    with threadpool_limits(1):
        took = []
        for _ in range(10):
            start = time.perf_counter()
            a @ a
            took.append(time.perf_counter() - start)
    return 2 * SGEMM**3 / min(took)


def _medians(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Milliseconds; one round to warm up, then all ways in turn."""
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            measured[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(times[1:]) for name, times in measured.items()}


if __name__ == "__main__":
    main()
