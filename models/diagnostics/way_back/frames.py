"""A walk as a page shows it: a column for each time step, and one frame after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.analysis.words import number

Phase = Literal["forward", "loss", "backward", "end"]
"""What happens in a frame: a step forward, the loss, a step back, or the result."""
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Arrow:
    """A way of the gradient from a time step to the one before."""

    state: str
    """The state along which it goes: ``h`` or ``c``."""
    label: str
    """What happens to the gradient there: "× 0.79"."""
    detail: str
    """How that comes about: "0.878 × 0.9"."""


@dataclass(frozen=True)
class Column:
    """One time step."""

    x: float
    """The input x_t."""
    states: Mapping[str, float]
    """h_t, and of the LSTM c_t, from top to bottom."""
    gradients: Mapping[str, float]
    """∂L/∂h_t, and of the LSTM ∂L/∂c_t."""
    arrows: tuple[Arrow, ...]
    """The ways to the time step before; none from the first."""
    additive: float | None = None
    """Of the LSTM: ∂L/∂c_t along c alone."""


@dataclass(frozen=True)
class Frame:
    """What is shown at once."""

    phase: Phase
    t: int
    """The time step that is reached, from 1 to T."""
    sentence: str
    """What just happened, with its numbers."""
    equations: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    """The gradient at the last step and its factors so far, whose product is ``result``."""
    product_of: str = ""
    """What the product is: "∂L/∂h₅"."""
    result: str = ""


def indexed(symbol: str, t: int) -> str:
    """A symbol at a time step: "h₃", "∂L/∂h₃"."""
    return symbol + str(t).translate(SUBSCRIPTS)


def times(*values: float) -> str:
    """Numbers with a × between them: "0.42 × (−0.31)"."""
    return " × ".join([number(values[0]), *(in_brackets(value) for value in values[1:])])


def in_brackets(value: float) -> str:
    """A number that may follow an operator: "0.31", "(−0.31)"."""
    return f"({number(value)})" if value < 0 else number(value)


def factors_so_far(start: float, factors: Sequence[float]) -> tuple[str, ...]:
    """What a frame's ``product`` shows."""
    return (number(start), *(in_brackets(factor) for factor in factors))
