"""One walk: what the page shows of it, from the settings alone."""

from __future__ import annotations

from dataclasses import dataclass

from models.diagnostics.way_back.frames import Column, Frame
from models.diagnostics.way_back.loss import loss
from models.diagnostics.way_back.lstm_walk import lstm_columns_and_frames
from models.diagnostics.way_back.rnn_walk import rnn_columns_and_frames
from models.diagnostics.way_back.settings import WalkSettings
from models.diagnostics.way_back.verdict import left_words


@dataclass(frozen=True)
class Walk:
    """Forward through all time steps, to the loss, and all the way back."""

    columns: tuple[Column, ...]
    """The time steps 1 to T."""
    loss: float
    """L, after the last of them."""
    frames: tuple[Frame, ...]
    """T steps forward, the loss, T - 1 steps back, and what is left."""
    left: str
    """How much of ∂L/∂h, or of the LSTM of ∂L/∂c, is left at step 1, in a word or two."""


def walk(settings: WalkSettings) -> Walk:
    """Computes a walk, in well under a millisecond."""
    make = lstm_columns_and_frames if settings.cell == "lstm" else rnn_columns_and_frames
    columns, frames = make(settings)
    first, last = columns[0].gradients, columns[-1].gradients
    memory = next(iter(first))
    left = left_words(last[memory], first[memory])
    return Walk(columns, loss(columns[-1].states["h"]), frames, left)
