"""An experiment trained for a script or a notebook: its results in memory, nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from models.exchange import files
from models.experiment import Experiment
from models.service.progress import progress_bar
from models.service.running import execute
from models.store import Store
from models.store.process import identity


def train_in_memory(experiment: Experiment, progress: bool) -> files.Results:
    """Trains an experiment as ``models.train_experiment`` says, and returns its results."""
    # Through a store, as every run: what it returns is what any other way of training shows.
    with TemporaryDirectory(prefix="memory_lab_") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'run.sqlite'}")
        run = store.create(experiment, process=identity())
        with _torch_left_alone(), progress_bar(experiment, shown=progress) as follow:
            end = execute(store, run, follow)
        if end.status in ("failed", "interrupted"):
            raise RuntimeError(f"training {end.status}: {end.message}")
        return files.from_store(store, run)


@contextmanager
def _torch_left_alone() -> Iterator[None]:
    """Undoes what training in this process sets of torch, which whoever calls uses as well."""
    threads = torch.get_num_threads()
    flushed = (torch.tensor(1e-40) * 1.0).item() == 0.0
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)
