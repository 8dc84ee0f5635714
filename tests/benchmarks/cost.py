"""How far estimates of ``models.experiment.cost`` are off, and the coefficients they go by.

    python -m tests.benchmarks.cost
    python -m tests.benchmarks.cost --fit > new && mv new models/experiment/cost/coefficients.py

The first trains experiments drawn at random, each in a process of its own, and compares wall time
and memory with the estimate: for a quiet machine. The second measures every stage of a training by
itself, in CPU seconds of one thread, from which other work on the machine takes no more than its
share of the caches. Linux only.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator

import numpy as np
import torch

from models.experiment import Experiment
from models.experiment.cost import Speed, estimate
from models.service.questions.speed import speed
from models.tasks import make_task
from tests.benchmarks.cost_fit import print_coefficients
from tests.benchmarks.cost_measured import compile_kernels, measured, warm_megabytes

OPTIONS = {
    "rnn": ("", "activation=relu", "omega=2", "norm=layer", "norm=batch"),
    "lstm": ("", "bias=chrono", "norm=layer", "norm=batch"),
    "gru": ("", "bias=chrono", "norm=layer", "norm=batch"),
}
CELLS = [f"{cell}:{option}" for cell, options in OPTIONS.items() for option in options]
TASKS = ("temporal_order", "temporal_order:targets=every", "adding", "copy", "recall", "digits")
MOST_SECONDS = 6.0
"""What is estimated to take longer is not drawn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fit", action="store_true", help="measure and print the coefficients")
    parser.add_argument("--experiments", type=int, default=25)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.fit:
        print_coefficients()
    else:
        compare(options.experiments, options.threads)


def compare(count: int, threads: int) -> None:
    compile_kernels()
    here = Speed.from_answer(speed())
    print(f"this machine: overhead ×{here.overhead:.2f}, arithmetic ×{here.arithmetic:.2f}")
    warm = warm_megabytes()
    off = []
    for experiment in drawn(count, here, threads):
        estimated, real = estimate(experiment, here, threads), measured(experiment, threads)
        megabytes = warm + real.megabytes
        ratio = estimated.seconds / real.seconds, estimated.megabytes / megabytes
        off.append(ratio)
        print(
            f"{real.seconds:6.2f} s ×{ratio[0]:4.2f} {megabytes:6.0f} MB ×{ratio[1]:4.2f}  "
            + experiment.command_line(None).partition("train ")[2],
            flush=True,
        )
    print(_summary(off))


def drawn(count: int, here: Speed, threads: int) -> Iterator[Experiment]:
    """So many experiments, the same at every call on the same machine."""
    source = random.Random(1)
    while count:
        experiment = _experiment(source)
        if estimate(experiment, here, threads).seconds <= MOST_SECONDS:
            yield experiment
            count -= 1


def _experiment(source: random.Random) -> Experiment:
    task = source.choice(TASKS)
    lengths = source.sample(make_task(task).lengths, source.choice((1, 2, 4)))
    steps = source.choice((5, 20, 60))
    return Experiment(
        task=task,
        cells=tuple(source.sample(CELLS, source.choice((1, 2, 3)))),
        lengths=tuple(lengths),
        seeds=source.choice((1, 2, 3)),
        steps=steps,
        hidden_size=source.choice((8, 16, 32, 64, 100)),
        match=source.choice(("hidden_size", "hidden_size", "parameters")),
        batch_size=source.choice((8, 32, 64)),
        learning_rate=source.choice(((0.01,), (0.01,), (0.003, 0.01))),
        evaluate_every=source.choice((10, 25)),
        held_out=source.choice((64, 256)),
        test_lengths=(max(lengths) + 50,) if source.random() < 0.25 else (),
        device="cpu",
    )


def _summary(ratios: list[tuple[float, float]]) -> str:
    factors = np.exp(np.abs(np.log(np.array(ratios))))
    lines = [
        f"{name}: off by a factor of {np.median(own):.2f} (median), "
        f"{np.quantile(own, 0.9):.2f} (90th percentile)"
        for name, own in zip(("time", "memory"), factors.T, strict=True)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
