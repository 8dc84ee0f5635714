"""Which models of a population are active at each step: sequences of any length end together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate


@dataclass(frozen=True)
class Schedule:
    """The time steps of a population: sequences right-aligned, models sorted longest first.

    At every step the active models are then the first ones of the population, so each operation
    works on ``[:active]``, without masks and without wasted work. What is kept of every step lies
    in one flat buffer, step after step: step k occupies ``active[k]`` rows from ``starts[k]``, one
    for each active model.

    Raises ValueError where ``lengths`` are not sorted longest first.
    """

    lengths: tuple[int, ...]
    """The number of steps of each model's sequences."""
    truncate: int = 0
    """Back-propagation through time goes no further back than this many steps; 0 is all the way.

    Counted from the end, in blocks: with 10, the gradient of each of the last 10 steps stays
    within them, that of the 10 before within those, and so on (Williams & Peng 1990).
    """

    def __post_init__(self) -> None:
        if not self.lengths or list(self.lengths) != sorted(self.lengths, reverse=True):
            raise ValueError(f"lengths must be sorted longest first, not {self.lengths}")

    @property
    def models(self) -> int:
        """S, the size of the population."""
        return len(self.lengths)

    @property
    def steps(self) -> int:
        """The number of steps of the longest sequence."""
        return self.lengths[0]

    @cached_property
    def active(self) -> tuple[int, ...]:
        """The number of models active at each step."""
        return tuple(
            sum(self.steps - length <= step for length in self.lengths)
            for step in range(self.steps)
        )

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first row of each step, and behind the last step the number of rows."""
        return tuple(accumulate(self.active, initial=0))

    @property
    def rows(self) -> int:
        """The number of rows of a flat buffer: active models summed over the steps."""
        return self.starts[-1]

    def cut(self, step: int) -> bool:
        """Whether truncation keeps the gradient from going from this step to the one before."""
        return self.truncate > 0 and (self.steps - step) % self.truncate == 0

    def rows_of(self, model: int) -> list[int]:
        """Returns the rows of one model, in the order of its time steps."""
        first = self.steps - self.lengths[model]
        return [start + model for start in self.starts[first:-1]]

    def tail(self, steps: int) -> int:
        """Returns the row at which the last ``steps`` steps begin, or the first of all rows."""
        return self.starts[max(self.steps - steps, 0)]

    @cached_property
    def model_of_row(self) -> tuple[int, ...]:
        """The model that each row belongs to."""
        return tuple(model for active in self.active for model in range(active))
