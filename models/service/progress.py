"""A progress bar for a terminal or a notebook."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from models.experiment import Experiment


@contextmanager
def progress_bar(
    experiment: Experiment, done: int = 0, shown: bool = True
) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the optimiser steps done; silent where not ``shown``.

    ``done`` are those before it begins.
    """
    with warnings.catch_warnings():
        # Without ipywidgets a notebook gets the bar of a terminal, which does as well.
        warnings.filterwarnings("ignore", "IProgress not found")
        from tqdm.auto import tqdm
    # None hides it where the output is no terminal; a notebook's is none, and yet somebody looks.
    hidden = None if sys.stderr and not in_notebook() else not sys.stderr
    with tqdm(
        total=experiment.steps,
        initial=done,
        unit="step",
        disable=hidden if shown else True,
        dynamic_ncols=True,
    ) as bar:

        def show(done: int) -> None:
            bar.update(done - bar.n)

        yield show


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this."""
    return "ipykernel.zmqshell" in sys.modules
