"""The time of one optimiser step of all models, against the usual ways to train them.

    python -m tests.benchmarks.speed

Three cells × lengths 10…200 × 3 seeds on temporal order, batch 64. Ours trains each cell's models
as one population and the populations in as many processes as there are threads; it computes
∂L/∂h_t of every step on the way. The peers train one model after the other, with as many intra-op
threads: torch.nn's modules, and a step-by-step version that keeps ∂L/∂h_t. Same task, same loss,
clipping and Adam; ours also draws fresh sequences in every step, the peers get theirs for free.
Every figure is the median over rounds in which all take turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import Connection

import torch
from models.training.processes import CONTEXT

from models.experiment import Experiment
from models.experiment.partition import Shard, partition
from models.experiment.random_streams import Stream, generator
from models.tasks import make_task
from models.training.population_trainer import PopulationTrainer
from tests.benchmarks.peers import Stock, Trainer, UnrolledStep

CELLS = ("rnn", "lstm", "gru")
LENGTHS = (10, 20, 50, 100, 200)
PEERS: dict[str, type[Stock] | type[UnrolledStep]] = {"torch.nn": Stock, "unrolled": UnrolledStep}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--hidden-sizes", type=int, nargs="+", default=[32, 64])
    options = parser.parse_args()
    print(f"torch {torch.__version__}, lengths {LENGTHS} × 3 seeds, batch 64, ms a step of all")
    for hidden in options.hidden_sizes:
        for threads in sorted({1, options.threads}):
            compare(hidden, threads, options.rounds)


def compare(hidden: int, threads: int, rounds: int) -> None:
    """Prints one table: every cell by itself, then the three together."""
    with ExitStack() as stack:
        ways: dict[str, Callable[[], None]] = {}
        for cells in [*((cell,) for cell in CELLS), CELLS]:
            name = cells[0] if len(cells) == 1 else "all"
            ways[f"ours {name}"] = stack.enter_context(Ours(_experiment(cells, hidden), threads))
        for peer, kind in PEERS.items():
            for cell in CELLS:
                trainers = _trainers(kind, _experiment((cell,), hidden))
                ways[f"{peer} {cell}"] = partial(_step_each, trainers, threads)
        times = _medians(ways, rounds)
    for peer in PEERS:
        times[f"{peer} all"] = sum(times[f"{peer} {cell}"] for cell in CELLS)
    print(f"\nH={hidden}, {threads} thread{'s' * (threads > 1)}")
    print(f"{'':6}{'ours':>8}" + "".join(f"{peer:>10}{'ratio':>7}" for peer in PEERS))
    for name in (*CELLS, "all"):
        ours = times[f"ours {name}"]
        theirs = [times[f"{peer} {name}"] for peer in PEERS]
        columns = "".join(f"{time:10.1f}{time / ours:6.1f}×" for time in theirs)
        print(f"{name:6}{ours:8.1f}{columns}")


class Ours:
    """An experiment's populations, in as many processes as training would use; called to step."""

    def __init__(self, experiment: Experiment, processes: int) -> None:
        self._connections: list[Connection] = []
        for share in partition(experiment, processes):
            ours, theirs = CONTEXT.Pipe()
            CONTEXT.Process(target=_serve, args=(experiment, share, theirs), daemon=True).start()
            self._connections.append(ours)

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.send(False)

    def __call__(self) -> None:
        for connection in self._connections:
            connection.send(True)
        for connection in self._connections:
            connection.recv()


def _serve(experiment: Experiment, share: list[Shard], connection: Connection) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    populations = [PopulationTrainer(experiment, part, torch.device("cpu")) for part in share]
    while connection.recv():
        for population in populations:
            population.train_step()
        connection.send(True)


def _experiment(cells: tuple[str, ...], hidden: int) -> Experiment:
    return Experiment(
        cells=cells, lengths=LENGTHS, seeds=3, hidden_size=hidden, batch_size=64, device="cpu"
    )


def _trainers(kind: type[Stock] | type[UnrolledStep], experiment: Experiment) -> list[Trainer]:
    ((part,),) = partition(experiment, 1)
    task = make_task(experiment.task)
    trainers = []
    for model in part.models:
        source = generator(model.seed, model.length, Stream.TRAINING)
        batch = task.sample(source, experiment.batch_size, model.length)
        module = kind(part.cell, task.inputs, experiment.hidden_size, task.outputs)
        x = torch.from_numpy(batch.inputs).transpose(1, 2).contiguous()
        trainers.append(Trainer(module, x, torch.from_numpy(batch.targets[0])))
    return trainers


def _step_each(trainers: list[Trainer], threads: int) -> None:
    torch.set_num_threads(threads)
    for trainer in trainers:
        trainer.step()


def _medians(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
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
