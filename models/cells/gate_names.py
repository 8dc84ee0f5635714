"""What the gates and states of the cells are called, by their letters."""

from __future__ import annotations

GATE_NAMES = {
    "i": "input gate",
    "f": "forget gate",
    "o": "output gate",
    "g": "candidate",
    "r": "reset gate",
    "z": "update gate",
    "n": "candidate",
    "c": "long-term state",
    "h": "hidden state",
}
