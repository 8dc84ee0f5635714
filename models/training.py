"""Training: from an experiment to snapshots of what was measured.

Every cell's models are one population. The populations take turns, the least advanced first, so
that all curves rise together; each turn trains to the next evaluation and ends in a snapshot.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import torch

from models.cell_training import CellTraining
from models.experiment import Experiment
from models.snapshot import Snapshot


def train(
    experiment: Experiment, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Snapshot]:
    """Trains all models of the experiment; yields a snapshot of a cell after each of its turns.

    The first of each cell is at birth, step 0. ``should_stop`` is asked between optimiser steps,
    from several threads; once it says so, what is measured is yielded and the iterator ends.
    The numbers do not depend on the timing of the threads. Raises RuntimeError where the
    experiment asks for a GPU and there is none.
    """
    device = choose_device(experiment.device)
    left = threading.Event()

    def stop() -> bool:
        return left.is_set() or should_stop()

    waiting = [CellTraining(experiment, cell, device) for cell in experiment.cells]
    running: dict[Future[Snapshot], CellTraining] = {}
    workers = min(_workers(device), len(waiting))
    # Operations this small are fastest on one thread each, with one thread per population.
    torch.set_num_threads(1)
    with ThreadPoolExecutor(workers, initializer=_start_worker) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    cell = min(waiting, key=lambda candidate: candidate.step)
                    waiting.remove(cell)
                    running[pool.submit(cell.advance, stop)] = cell
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    cell = running.pop(future)
                    yield future.result()
                    if not cell.finished and not stop():
                        waiting.append(cell)
                if stop():
                    waiting.clear()
        finally:
            left.set()


def choose_device(wanted: str) -> torch.device:
    """``auto`` is a GPU where there is one. Raises RuntimeError where it is wanted and missing."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("device is cuda, but torch finds no GPU here: use auto or cpu")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def _workers(device: torch.device) -> int:
    return 1 if device.type == "cuda" else len(os.sched_getaffinity(0))


def _start_worker() -> None:
    # Vanishing gradients end in denormal numbers, which are slow and mean nothing here.
    torch.set_flush_denormal(True)
