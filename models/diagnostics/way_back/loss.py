"""The loss at the last step, from which the gradient goes back."""

from __future__ import annotations

from models.diagnostics.way_back.settings import REMEMBERED


def loss(h: float) -> float:
    """L = ½ (h_T - 1)²: the last hidden state should be what came first."""
    return (h - REMEMBERED) ** 2 / 2


def loss_gradient(h: float) -> float:
    """∂L/∂h_T = h_T - 1."""
    return h - REMEMBERED
