"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from models.optimisers.optimiser import MOMENTUM_HELP, Optimiser, torch_call
from models.settings.spec import Option, SpecError

if TYPE_CHECKING:
    from torch import Tensor


class SGD(Optimiser):
    """Stochastic gradient descent with momentum (Polyak 1964; Sutskever et al. 2013, eqs 1 to 4).

    As in torch, the learning rate multiplies the velocity, not what goes into it.
    """

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "SGD"
    references = ("polyak1964", "sutskever2013")
    options = (
        Option("momentum", ("0", "0.5", "0.9", "0.99"), "0.9", MOMENTUM_HELP, (0.0, 0.9999)),
        Option(
            "nesterov",
            ("no", "yes"),
            "no",
            "whether the gradient counts as if the momentum had been followed already",
            title="Nesterov momentum",
        ),
    )
    moments = ("velocity",)

    def __init__(self, momentum: str, nesterov: str) -> None:
        self.momentum, self.nesterov = float(momentum), nesterov == "yes"

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        if chosen["nesterov"] == "yes" and float(chosen["momentum"]) == 0:
            raise SpecError("Nesterov momentum needs a momentum above 0")

    def change(
        self, gradient: Tensor, rates: Tensor, moments: Mapping[str, Tensor], steps: int
    ) -> Tensor:
        velocity = moments["velocity"].mul_(self.momentum).add_(gradient)
        return rates * (gradient + self.momentum * velocity if self.nesterov else velocity)

    def script(self, rate: str) -> str:
        options = {"momentum": self.momentum, "nesterov": self.nesterov}
        return torch_call("SGD", rate, {"momentum": 0.0, "nesterov": False}, **options)
