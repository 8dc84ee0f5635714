"""Adam (Kingma & Ba 2015)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from models.optimisers.optimiser import EPSILON, Optimiser, torch_call
from models.settings.spec import Option

if TYPE_CHECKING:
    from torch import Tensor


class Adam(Optimiser):
    """Adam (Kingma & Ba 2015, algorithm 1): the mean gradient over the root of its mean square."""

    name: ClassVar[str] = "adam"
    title: ClassVar[str] = "Adam"
    references = ("kingma2015",)
    options = (
        Option(
            "beta_1",
            ("0", "0.5", "0.9", "0.95"),
            "0.9",
            "how much of the mean gradient stays from step to step",
            (0.0, 0.9999),
            title="β₁",
        ),
        Option(
            "beta_2",
            ("0.9", "0.99", "0.999", "0.9999"),
            "0.999",
            "how much of the mean squared gradient stays from step to step",
            (0.0, 0.999999),
            title="β₂",
        ),
        EPSILON,
    )
    moments = ("mean", "square")

    def __init__(self, beta_1: str, beta_2: str, epsilon: str) -> None:
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)

    def change(
        self, gradient: Tensor, rates: Tensor, moments: Mapping[str, Tensor], steps: int
    ) -> Tensor:
        first, second = moments["mean"], moments["square"]
        first.lerp_(gradient, 1 - self.beta_1)
        second.mul_(self.beta_2).addcmul_(gradient, gradient, value=1 - self.beta_2)
        mean = first / (1 - self.beta_1**steps)
        scale = (second / (1 - self.beta_2**steps)).sqrt_().add_(self.epsilon)
        return rates * mean / scale

    def script(self, rate: str) -> str:
        options = {"betas": (self.beta_1, self.beta_2), "eps": self.epsilon}
        return torch_call("Adam", rate, {"betas": (0.9, 0.999), "eps": 1e-8}, **options)
