"""What a share of an experiment really takes, in a process of its own, forked from a warm one."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from models.training.processes import CONTEXT

from models.experiment import Experiment
from models.experiment.partition import Shard
from models.training.train import train_populations

POLL_SECONDS = 0.03


def measured(experiment: Experiment, share: Sequence[Shard], times: int = 1) -> tuple[float, float]:
    """CPU seconds of so many trainings, and the most memory for itself alone, 10⁶ bytes."""
    ours, theirs = CONTEXT.Pipe()
    gc.freeze()  # as ``run_in_processes`` does
    process = CONTEXT.Process(target=_train, args=(experiment, share, times, theirs), daemon=True)
    process.start()
    theirs.close()
    most = 0.0
    while not ours.poll(POLL_SECONDS):
        most = max(most, private_megabytes(process.pid))
    seconds: float = ours.recv()
    process.join()
    return seconds, most


def private_megabytes(process: int) -> float:
    """What a process shares with no other; 0 where it is gone. Linux only."""
    return sum(smaps(process, ("Private_Clean", "Private_Dirty")))


def warm_megabytes() -> float:
    """All that a trainer has in memory before it trains."""
    program = "import os, models.service.serving, models.training.train\n" + (
        "from tests.benchmarks.cost_measured import smaps\nprint(sum(smaps(os.getpid(), ('Rss',))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def smaps(process: int, names: Sequence[str]) -> list[float]:
    """These lines of a process's smaps_rollup, 10⁶ bytes; none where it is gone."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return []
    kibibytes = re.findall(rf"^(?:{'|'.join(names)}):\s+(\d+)", text, re.MULTILINE)
    return [int(number) * 1024 / 1e6 for number in kibibytes]


def _train(experiment: Experiment, share: Sequence[Shard], times: int, out: Connection) -> None:
    start = time.process_time()
    for _ in range(times):
        for _ in train_populations(experiment, share, torch.device("cpu"), {}, lambda: False):
            pass
    out.send(time.process_time() - start)
