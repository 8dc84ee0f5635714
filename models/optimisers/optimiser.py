"""The base class of optimisers: from the gradient of each model to the change of its parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from models.settings.spec import Option

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = Option(
    "epsilon",
    ("1e-08", "1e-05", "0.001"),
    "1e-08",
    "what is added to the root of the mean square, beside which smaller gradients count for little",
    (1e-12, 1.0),
    title="ε",
)
MOMENTUM_HELP = "how much of the last update goes into the next; 0 is none"


class Optimiser(ABC):
    """A rule by which S models of P parameters each are changed, every model by itself.

    Its options are keywords with text values.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    references: ClassVar[tuple[str, ...]]
    """The papers that it is from, by their keys in ``models.analysis.references``."""
    options: ClassVar[tuple[Option, ...]]
    moments: ClassVar[tuple[str, ...]]
    """The names of what it remembers from step to step, (S, P) each, 0 at first."""
    epsilon: float = 0.0
    """What it adds to the root of squared gradients that it divides by, where it does."""

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        """Raises SpecError where the chosen options do not go together."""
        return

    @property
    def squares(self) -> bool:
        """Whether it squares the gradient, which may overflow where the gradient does not."""
        return self.epsilon > 0

    @abstractmethod
    def change(
        self, gradient: Tensor, rates: Tensor, moments: Mapping[str, Tensor], steps: int
    ) -> Tensor:
        """Returns what is to be subtracted from the parameters, (S, P).

        ``gradient`` is (S, P), ``rates`` are the learning rates, (S, 1), and this is optimiser step
        number ``steps``, from 1. The ``moments`` by name are changed in place.
        """

    @abstractmethod
    def script(self, rate: str) -> str:
        """Returns the expression that makes the same optimiser of torch for a ``model``.

        ``rate`` is the expression for the learning rate.
        """


def torch_call(name: str, rate: str, defaults: Mapping[str, object], **options: object) -> str:
    """Returns the expression that makes torch's optimiser of this name, without its defaults."""
    given = [f"{key}={value}" for key, value in options.items() if value != defaults[key]]
    return f"torch.optim.{name}({', '.join(('model.parameters()', f'lr={rate}', *given))})"
