"""What a training really takes, in a process of its own, forked from a warm one. Linux only."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

# All that the warm process of a dashboard has imported.
import models.service.serving  # noqa: F401
from models.cells import CELLS
from models.experiment import Experiment
from models.service.child_process import CONTEXT
from models.service.kernels import load_kernels
from models.training.train import train

NORMS = ("none", "layer", "batch")


@dataclass(frozen=True)
class Measured:
    """What a training took."""

    seconds: float
    """Wall time."""
    cpu_seconds: float
    """CPU time of all its threads."""
    megabytes: float
    """The most memory that its process had for itself alone, 10⁶ bytes."""


def measured(experiment: Experiment, threads: int = 1, times: int = 1) -> Measured:
    """What so many trainings, one after the other, take in a fresh process."""
    ours, theirs = CONTEXT.Pipe()
    gc.freeze()  # as the warm process does
    process = CONTEXT.Process(target=_train, args=(experiment, threads, times, theirs), daemon=True)
    process.start()
    theirs.close()
    found: Measured = ours.recv()
    process.join()
    return found


def compile_kernels() -> None:
    """Sees to it that the machine code of all kernels is cached on disk, and loaded here."""
    for norm in NORMS:
        measured(small(spec(cell, norm) for cell in CELLS))
    load()


def load() -> None:
    """Loads all kernels, as the warm process does."""
    deque(load_kernels(), maxlen=0)


def spec(cell: str, norm: str) -> str:
    """The spec of a cell with a normalisation."""
    return cell if norm == "none" else f"{cell}:norm={norm}"


def small(cells: Iterable[str]) -> Experiment:
    """An experiment that takes hardly any time."""
    return Experiment(
        cells=tuple(cells),
        lengths=(10,),
        seeds=1,
        steps=1,
        hidden_size=8,
        held_out=32,
        device="cpu",
    )


def warm_megabytes() -> float:
    """All that the warm process has in memory."""
    program = "import tests.benchmarks.cost_measured as c\nc.load()\nprint(c.smaps('Rss'))"
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def smaps(*names: str) -> float:
    """The sum of these lines of this process's smaps_rollup, 10⁶ bytes."""
    return _lines("/proc/self/smaps_rollup", names)


def _train(experiment: Experiment, threads: int, times: int, out: Connection) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        for _ in train(experiment, threads=threads):
            pass
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    # What it has for itself now, and what it had more of at its peak.
    released = _lines("/proc/self/status", ("VmHWM",)) - _lines("/proc/self/status", ("VmRSS",))
    private = smaps("Private_Dirty")  # clean are only libraries, which the warm process has as well
    out.send(Measured(seconds, cpu_seconds, private + released))
    out.close()
    os._exit(0)


def _lines(file: str, names: Iterable[str]) -> float:
    text = Path(file).read_text()
    kibibytes = re.findall(rf"^(?:{'|'.join(names)}):\s+(\d+)", text, re.MULTILINE)
    return sum(int(number) for number in kibibytes) * 1024 / 1e6
