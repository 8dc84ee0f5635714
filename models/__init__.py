"""Memory Lab's computing half: tasks, cells, training and results. It knows no screen.

From Python, ``Experiment`` and ``train_experiment`` are all it takes. Importing this module does
not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.experiment import Experiment, ExperimentError
from models.settings import __version__

if TYPE_CHECKING:
    from models.exchange.files import Results

__all__ = ["Experiment", "ExperimentError", "__version__", "train_experiment"]


def train_experiment(experiment: Experiment, progress: bool = True) -> Results:
    """Trains all models of an experiment on every core, and returns what was measured.

    The tables are those of ``python -m models train``: the same numbers, columns and order. No
    store is written; ``Results.save`` keeps the results. ``progress`` shows a bar, in a terminal
    or a notebook. Ctrl-C, or a notebook's stop button, ends training, and what was measured until
    then is returned. Raises ExperimentError where the experiment asks for a GPU and there is none,
    RuntimeError where training fails.
    """
    from models.service.in_memory import train_in_memory  # torch is imported here

    return train_in_memory(experiment, progress)
