"""How long the view "At initialisation" waits for its answer after a setting has changed.

    python -m tests.benchmarks.at_initialisation

Starts the warm process as the dashboard does, with a store of its own, and asks it the question
``at_initialisation`` over its pipe: for each cell by itself, the three together, and the five cells
of the default experiment, at T = 200 alone and with profiles at the lengths 20 … 200 as well, as
the page does, H = 32. Every question differs from the one before in one setting, the gain of the
recurrent weights, so that nothing is known already. A figure is the median over rounds, from
the question to the parsed answer; the page needs some more for drawing.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from dashboard.scheduling.child_processes import ChildProcesses
from models.experiment import Experiment

CELLS = {
    "rnn": ("rnn",),
    "lstm": ("lstm",),
    "gru": ("gru",),
    "the three": ("rnn", "lstm", "gru"),
    "default five": Experiment().cells,
}
LENGTHS = {"T = 200": (200,), "T = 20, 50, 100, 200": (20, 50, 100, 200)}
GOAL = 500
"""Milliseconds, at T = 200 with two cores."""


MEGABYTES, SECONDS = 2000, 120.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(f"median milliseconds of {rounds} answers, H = 32, batch 32; goal {GOAL} at T = 200")
    print(f"{'':14}" + "".join(f"{name:>22}" for name in LENGTHS))
    with _children() as children:
        _milliseconds(children, CELLS["rnn"], (20, 200), 2)  # imports torch
        for name, cells in CELLS.items():
            took = [_milliseconds(children, cells, lengths, rounds) for lengths in LENGTHS.values()]
            print(f"{name:14}" + "".join(f"{median:22.0f}" for median in took), flush=True)


@contextmanager
def _children() -> Iterator[ChildProcesses]:
    with tempfile.TemporaryDirectory() as folder:
        children = ChildProcesses({"MEMORY_LAB_STORE": f"sqlite:///{Path(folder) / 'runs.sqlite'}"})
        try:
            yield children
        finally:
            children.close()


def _milliseconds(
    children: ChildProcesses, cells: tuple[str, ...], lengths: tuple[int, ...], rounds: int
) -> float:
    took = []
    for turn in range(rounds):
        moved = tuple(_with_gain(cell, 1 + 0.01 * turn) for cell in cells)
        experiment = asdict(Experiment(cells=moved, lengths=lengths))
        asked = time.perf_counter()
        question = {"experiment": experiment, "length": 200}
        children.start("at_initialisation", question, MEGABYTES, SECONDS).result.result()
        took.append(1000 * (time.perf_counter() - asked))
    return statistics.median(took)


def _with_gain(cell: str, gain: float) -> str:
    name, _, options = cell.partition(":")
    return f"{name}:" + ",".join(filter(None, (options, f"gain={gain:g}")))


if __name__ == "__main__":
    main()
