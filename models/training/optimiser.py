"""Adam and gradient clipping for the S models of a population, each by itself."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from models.experiment.experiment import ClipBy
from models.population.norm import norm

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1) with a learning rate for each model.

    ``parameters`` is (S, P), one row a model, and is changed in place; ``learning_rates`` is (S,).
    """

    def __init__(self, parameters: Tensor, learning_rates: Tensor) -> None:
        self.parameters = parameters
        self.learning_rates = learning_rates[:, None]
        self.steps = 0
        self._mean = torch.zeros_like(parameters)
        self._square = torch.zeros_like(parameters)
        self._change = torch.full_like(parameters, torch.nan)

    def state(self) -> dict[str, Tensor]:
        """Returns the moments and the last update by name, (S, P) each, not copied."""
        return {"mean": self._mean, "square": self._square, "change": self._change}

    def load_state(self, steps: int, state: Mapping[str, Tensor]) -> None:
        """Restores what ``state`` returned after so many optimiser ``steps``."""
        self.steps = steps
        self._mean, self._square, self._change = (state[name].clone() for name in self.state())

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
        self._mean.lerp_(gradient, 1 - BETA_1)
        self._square.mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
        mean = self._mean / (1 - BETA_1**self.steps)
        scale = (self._square / (1 - BETA_2**self.steps)).sqrt_().add_(EPSILON)
        self._change = (self.learning_rates * mean / scale).masked_fill_(frozen[:, None], 0)
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
