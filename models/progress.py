"""A progress bar for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from models.experiment import Experiment


@contextmanager
def progress_bar(experiment: Experiment) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the optimiser steps done; silent where nobody watches."""
    with tqdm(total=experiment.steps, unit="step", disable=None, dynamic_ncols=True) as bar:

        def show(done: int) -> None:
            bar.update(done - bar.n)

        yield show
