"""Optimiser steps and gradient clipping for the S models of a population, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from models.experiment.experiment import ClipBy
from models.optimisers.optimiser import Optimiser
from models.population.norm import norm


class PopulationOptimiser:
    """An optimiser at work on the S models of a population, each with its own learning rate.

    ``parameters`` is (S, P), one row a model, and is changed in place; ``learning_rates`` is (S,).
    """

    def __init__(
        self,
        optimiser: Optimiser,
        parameters: Tensor,
        learning_rates: Tensor,
        schedule: Callable[[int], float] = lambda step: 1.0,
    ) -> None:
        """``schedule`` is the factor on the learning rates in a step, by its number from 1."""
        self.optimiser, self.parameters = optimiser, parameters
        self.learning_rates, self.schedule = learning_rates[:, None], schedule
        self.steps = 0
        self._moments = {name: torch.zeros_like(parameters) for name in optimiser.moments}
        self._change = torch.full_like(parameters, torch.nan)

    def state(self) -> dict[str, Tensor]:
        """Returns the moments and the last update by name, (S, P) each, not copied."""
        return {**self._moments, "change": self._change}

    def load_state(self, steps: int, state: Mapping[str, Tensor]) -> None:
        """Restores what ``state`` returned after so many optimiser ``steps``."""
        self.steps = steps
        self._moments = {name: state[name].clone() for name in self._moments}
        self._change = state["change"].clone()

    def update_ratio(self) -> Tensor:
        """Returns ‖Δθ‖ / ‖θ‖ of each model's last update, (S,); NaN before the first."""
        ratio: Tensor = gradient_norm(self._change) / gradient_norm(self.parameters.detach())
        return ratio

    @torch.no_grad()
    def step(self, gradient: Tensor, frozen: Tensor) -> None:
        """Updates each model from its ``gradient`` (S, P), as clipped.

        Models that are ``frozen`` (S,) keep their parameters, whatever their gradient.
        """
        self.steps += 1
        gradient = gradient.masked_fill(frozen[:, None], 0)
        rates = self.learning_rates * self.schedule(self.steps)
        change = self.optimiser.change(gradient, rates, self._moments, self.steps)
        self._change = change.masked_fill_(frozen[:, None], 0)
        self.parameters.sub_(self._change)


def gradient_norm(gradient: Tensor) -> Tensor:
    """Returns the norm of each model's gradient (S, P) over all parameters, (S,), float64.

    It is not finite only where the gradient is not, and 0 only where that is.
    """
    return norm(gradient, dim=1)


def clip(gradient: Tensor, norms: Tensor, threshold: float, by: ClipBy = "norm") -> Tensor:
    """Returns each model's gradient (S, P), clipped at ``threshold``; 0 is no clipping.

    ``norms`` are those of the gradients, (S,). By norm, a gradient is scaled down to the threshold
    where its norm is above (Pascanu, Mikolov & Bengio 2013, algorithm 1). By value, each element is
    cut at ± the threshold (Mikolov 2012).
    """
    if threshold == 0:
        return gradient
    if by == "value":
        return gradient.clamp(-threshold, threshold)
    share = threshold / norms.double().clamp(min=threshold)
    # A share may be too small for single precision where the product is not.
    return (gradient * share[:, None]).to(gradient.dtype)


def is_clipped(gradient: Tensor, norms: Tensor, threshold: float, by: ClipBy = "norm") -> Tensor:
    """Returns whether ``clip`` with the same arguments changes each model's gradient, (S,)."""
    largest = gradient.abs().amax(dim=1) if by == "value" else norms
    return (largest > threshold) & (threshold > 0)
