"""RMSprop (Tieleman & Hinton 2012)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from models.optimisers.optimiser import EPSILON, MOMENTUM_HELP, Optimiser, torch_call
from models.settings.spec import Option

if TYPE_CHECKING:
    from torch import Tensor


class RMSprop(Optimiser):
    """RMSprop (Tieleman & Hinton 2012, lecture 6.5): the gradient over the root of its mean square.

    ε stands outside of the root, as in torch; momentum is of the scaled gradient (Graves 2013).
    """

    name: ClassVar[str] = "rmsprop"
    title: ClassVar[str] = "RMSprop"
    references = ("tieleman2012",)
    options = (
        Option(
            "decay",
            ("0.9", "0.95", "0.99", "0.999"),
            "0.99",
            "how much of the mean squared gradient stays from step to step",
            (0.0, 0.999999),
        ),
        Option("momentum", ("0", "0.5", "0.9"), "0", MOMENTUM_HELP, (0.0, 0.9999)),
        EPSILON,
    )
    moments = ("square", "velocity")

    def __init__(self, decay: str, momentum: str, epsilon: str) -> None:
        self.decay, self.momentum, self.epsilon = float(decay), float(momentum), float(epsilon)

    def change(
        self, gradient: Tensor, rates: Tensor, moments: Mapping[str, Tensor], steps: int
    ) -> Tensor:
        square, velocity = moments["square"], moments["velocity"]
        square.mul_(self.decay).addcmul_(gradient, gradient, value=1 - self.decay)
        velocity.mul_(self.momentum).add_(gradient / square.sqrt().add_(self.epsilon))
        return rates * velocity

    def script(self, rate: str) -> str:
        options = {"alpha": self.decay, "eps": self.epsilon, "momentum": self.momentum}
        defaults = {"alpha": 0.99, "eps": 1e-8, "momentum": 0.0}
        return torch_call("RMSprop", rate, defaults, **options)
