"""The presets: experiments worth pressing a button for, or recording models of, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """An experiment that a page offers under a title."""

    name: str
    """The preset's name in addresses and on the command line."""
    title: str
    """The preset's name on a page."""
    lesson: str
    """What the experiment shows, in one or two sentences."""
    experiment: Experiment
    """All of its settings."""


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "who_remembers",
            "Who remembers?",
            "Longer and longer sequences: the RNN fails between 20 and 50 steps; gates that start "
            "at the right time scale (chrono) reach furthest.",
            Experiment(),
        ),
        Preset(
            "adding",
            "Adding",
            "Add two marked numbers. With the memory of only one of them the mean squared error "
            "stays at 1/12. The better of two learning rates is shown.",
            Experiment(task="adding", seeds=2, steps=500, learning_rate=(0.003, 0.01)),
        ),
        Preset(
            "copy",
            "Copy",
            "Repeat ten symbols after a wait. This needs capacity as well as memory, and is hard "
            "for every cell.",
            Experiment(
                task="copy",
                lengths=(5, 10, 20, 30),
                seeds=2,
                steps=2000,
                hidden_size=64,
                learning_rate=(0.01,),
                evaluate_every=100,
            ),
        ),
        Preset(
            "latch_trap",
            "Latch trap",
            "Remember the first symbol. A simple RNN saturates, and beats an LSTM whose forget "
            "gates start half closed: this does not test memory.",
            Experiment(
                task="recall",
                cells=("rnn", "lstm", "lstm:bias=0", "lstm:bias=chrono"),
                learning_rate=(0.01,),
            ),
        ),
        Preset(
            "handwriting",
            "Handwriting",
            "Real handwritten digits, read one pixel at a time, with a wait before the answer.",
            Experiment(
                task="digits",
                lengths=(64, 96, 128, 192),
                seeds=2,
                steps=500,
                learning_rate=(0.01,),
            ),
        ),
    )
}
"""The presets of the Race page by name."""

SMALL: dict[str, Any] = {"cells": ("rnn", "lstm:bias=chrono", "gru:bias=chrono"), "seeds": 1}
RECORDED_MODELS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "inside_recall",
            "Three cells that recall",
            "Small recorded models to look into.",
            Experiment(
                task="recall",
                lengths=(50,),
                steps=400,
                learning_rate=(0.01,),
                evaluate_every=200,
                **SMALL,
            ),
        ),
        Preset(
            "inside_copy",
            "Three cells that copy",
            "Small recorded models to look into.",
            Experiment(
                task="copy",
                lengths=(5,),
                steps=2000,
                hidden_size=64,
                learning_rate=(0.01,),
                evaluate_every=1000,
                **SMALL,
            ),
        ),
        Preset(
            "inside_digits",
            "Three cells that read digits",
            "Small recorded models to look into.",
            Experiment(
                task="digits",
                lengths=(64,),
                steps=500,
                learning_rate=(0.01,),
                evaluate_every=250,
                **SMALL,
            ),
        ),
    )
}
"""Experiments on the tasks whose other recorded runs keep no weights, for Inside the cell."""
