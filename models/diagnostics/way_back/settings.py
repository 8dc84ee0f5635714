"""What a visitor sets of a walk, and the sequence that is walked along."""

from __future__ import annotations

from dataclasses import dataclass

from models.cells import cell_label
from models.experiment.random_streams import Stream, generator
from models.settings.setting import setting, settings_of

CELLS = ("rnn", "rnn:activation=relu", "lstm")
"""The cells that can be walked through, as spec texts."""
REMEMBERED = 1.0
"""The first input, and what the last hidden state should be."""
DISTRACTION = 0.5
"""The largest size of any other input."""


@dataclass(frozen=True)
class WalkSettings:
    """The settings of a walk through a cell with one unit.

    All input weights are 1, all recurrent weights are ``weight``, all biases 0 but that of the
    forget gate. Raises ValueError where a setting is not one of those described.
    """

    cell: str = setting(
        "rnn",
        "Cell",
        "The recurrent cell, with a single unit, so that every number can be shown.",
        choices=CELLS,
        words={"rnn": "RNN, tanh", **{one: cell_label(one) for one in CELLS[1:]}},
    )
    weight: float = setting(
        0.5,
        "Recurrent weight w",
        "What the old hidden state is multiplied by at each step, in every gate of the LSTM. Input "
        "weights are 1.",
        (-2.0, 2.0),
        step=0.1,
    )
    forget_bias: float = setting(
        1.0,
        "Forget-gate bias",
        "The bias of the LSTM's forget gate: the larger it is, the more of c is kept at each step. "
        "All other biases are 0.",
        (-2.0, 5.0),
        step=0.5,
    )
    length: int = setting(6, "Length T", "The number of time steps.", (5, 8))
    seed: int = setting(0, "Seed", "Draws the distracting inputs after the first.", (0, 999))

    def __post_init__(self) -> None:
        for name, one in SETTINGS.items():
            object.__setattr__(self, name, one.checked(getattr(self, name)))

    def inputs(self) -> tuple[float, ...]:
        """Returns x_1 to x_T: what is to be remembered, then distractors of two decimals."""
        drawn = generator(self.seed, self.length, Stream.PROFILE).uniform(
            -DISTRACTION, DISTRACTION, self.length - 1
        )
        return (REMEMBERED, *(float(one) + 0.0 for one in drawn.round(2)))


SETTINGS = settings_of(WalkSettings)
"""The settings of a walk by name."""
