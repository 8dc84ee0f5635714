"""The diagnostics that the table ``diagnostics`` holds: their names, units and meanings.

Importing this does not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.cells import CELLS

MAX_SYMBOLS = 3
"""The largest number of informative symbols that one answer names, in temporal order."""

SHARE = "share from 0 to 1"
"""The unit of shares."""


@dataclass(frozen=True)
class Diagnostic:
    """A number that is measured of a model as it trains."""

    name: str
    """The diagnostic's name in the column ``diagnostic``."""
    title: str
    """The diagnostic's name on a page."""
    unit: str
    """The unit of the value; empty where it has none."""
    meaning: str
    """What the value says, in one line."""


_SIGMOID_GATES = dict.fromkeys(gate for cell in CELLS.values() for gate in cell.sigmoid_gates())
_GATES = dict.fromkeys(("h", *(gate for cell in CELLS.values() for gate in cell.gates)))
_STATES = dict.fromkeys(state for cell in CELLS.values() for state in cell.states)

_ALL = (
    Diagnostic(
        "spectral_radius",
        "Spectral radius",
        "",
        "largest |eigenvalue| of the recurrent weights that write the state",
    ),
    Diagnostic(
        "lyapunov_exponent",
        "Lyapunov exponent",
        "nats per step",
        "rate at which a small change of the state grows, median over sequences; below 0 it dies "
        "out",
    ),
    *(
        Diagnostic(
            f"half_life_{state}",
            f"Gradient half-life of {state}",
            "steps",
            f"steps back over which ‖∂L/∂{state}_t‖ halves; negative: over which it doubles",
        )
        for state in _STATES
    ),
    Diagnostic(
        "half_life_theory",
        "Half-life in theory",
        "steps",
        "half-life computed from spectral radius and slope, or from the unit whose gate keeps most",
    ),
    Diagnostic(
        "horizon_by_gradient",
        "Horizon by gradient",
        "steps",
        "how many steps back ‖∂L/∂h_t‖, or that of c if longer, stays above 1% of its last value",
    ),
    Diagnostic(
        "horizon_by_behaviour",
        "Horizon by behaviour",
        "steps",
        "how many steps back a changed input still changes at least 5% of the answers",
    ),
    *(
        Diagnostic(
            f"saturation_{gate}",
            f"Saturation of {gate}",
            SHARE,
            f"values of {gate} within 0.05 of an end of their range; of ReLU, units that stay at 0",
        )
        for gate in _GATES
    ),
    *(
        Diagnostic(
            f"mean_{gate}",
            f"Mean of gate {gate}",
            "from 0 to 1",
            f"how far gate {gate} is open, on average over steps, units and sequences",
        )
        for gate in _SIGMOID_GATES
    ),
    *(
        Diagnostic(
            f"spread_{gate}",
            f"Spread of gate {gate}",
            "from 0 to 0.5",
            f"standard deviation over units of how far gate {gate} is open on average",
        )
        for gate in _SIGMOID_GATES
    ),
    Diagnostic(
        "update_ratio",
        "Update ratio",
        "",
        "‖Δθ‖ / ‖θ‖: how much an optimiser step changes the parameters",
    ),
    Diagnostic(
        "overflow_state_t",
        "First overflow of a state",
        "time step",
        "first t whose state is not finite, in the training step at which the model diverged",
    ),
    Diagnostic(
        "overflow_gradient_t",
        "Last overflow of the gradient",
        "time step",
        "last t whose gradient is not finite, in the training step at which the model diverged",
    ),
    *(
        Diagnostic(
            f"accuracy_part_{symbol}",
            f"Accuracy of part {symbol}",
            SHARE,
            f"held-out answers of temporal order in which symbol {symbol} of the sequence is right",
        )
        for symbol in range(1, MAX_SYMBOLS + 1)
    ),
)

DIAGNOSTICS: dict[str, Diagnostic] = {diagnostic.name: diagnostic for diagnostic in _ALL}
"""Every diagnostic by its name."""

AT_END = ("horizon_by_behaviour",)
"""The diagnostics that are measured after the last optimiser step alone."""
AT_DIVERGENCE = ("overflow_state_t", "overflow_gradient_t")
"""The diagnostics of the optimiser step at which a model diverged; others are of evaluations."""
