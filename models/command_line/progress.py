"""A progress bar for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from models.experiment import Experiment


@contextmanager
def progress_bar(experiment: Experiment, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the optimiser steps done; silent where nobody watches.

    ``done`` are those before it begins.
    """
    with tqdm(
        total=experiment.steps, initial=done, unit="step", disable=None, dynamic_ncols=True
    ) as bar:

        def show(done: int) -> None:
            bar.update(done - bar.n)

        yield show
