"""All diagnostics of a population, on the batches that it has now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from models.analysis.decay import half_life
from models.analysis.horizon import behaviour_horizon, gradient_horizon
from models.diagnostics.connectivity import connectivity
from models.diagnostics.influence import influence
from models.diagnostics.jacobian import lyapunov_exponent
from models.diagnostics.saturation import gate_means, saturation
from models.diagnostics.spectrum import spectral_radius
from models.diagnostics.theory import theoretical_half_life
from models.diagnostics.trajectory import Trajectory, trajectories
from models.population.population import Population

MOST_LAGS = 16
"""At which behaviour is probed, evenly spread on a log axis."""


def of_recurrence(population: Population, only: int | None = None) -> dict[str, np.ndarray]:
    """Spectral radius, Lyapunov exponent, saturation and gates of each model, (S,) each.

    With ``only`` of the models with so many steps; NaN for the others.
    """
    measured: dict[str, np.ndarray] = {}
    for models, trajectory in trajectories(population):
        if only not in (None, trajectory.steps):
            continue
        for name, values in _of_trajectory(trajectory).items():
            into = measured.setdefault(name, np.full(population.schedule.models, np.nan))
            into[models] = values.cpu().numpy()
    return measured


@torch.no_grad()
def _of_trajectory(trajectory: Trajectory) -> dict[str, Tensor]:
    hidden = torch.stack([state[0] for state in trajectory.states])
    finite = hidden.isfinite().all(dim=-1).all(dim=-1).all(dim=0)
    return {
        "spectral_radius": spectral_radius(trajectory.weights, trajectory.cell),
        "lyapunov_exponent": lyapunov_exponent(trajectory),
        "half_life_theory": torch.where(finite, theoretical_half_life(trajectory), torch.nan),
        **{f"saturation_{gate}": share for gate, share in saturation(trajectory).items()},
        **{f"mean_{gate}": mean for gate, mean in gate_means(trajectory).items()},
    }


def of_profiles(profiles: Mapping[str, Sequence[np.ndarray]]) -> dict[str, np.ndarray]:
    """Half-life of each state's gradient and the horizon by gradient of each model, (S,) each.

    The horizon is that of the state which carries the gradient furthest.
    """
    lives = {
        f"half_life_{state}": np.array([half_life(norms) for norms in of_models])
        for state, of_models in profiles.items()
    }
    horizons = [[gradient_horizon(norms) for norms in of_models] for of_models in profiles.values()]
    return {**lives, "horizon_by_gradient": np.max(horizons, axis=0).astype(float)}


def of_inputs(population: Population) -> list[np.ndarray]:
    """Of each model, its connectivity (steps,): how much its answer hangs on each input.

    The answer is the logit of the class that it gives at the last step of the first sequence, or
    its value.
    """
    found: dict[int, np.ndarray] = {}
    _, (V, b) = population.weights()
    V, b = V.detach(), b.detach()
    for models, trajectory in trajectories(population):
        last = V[models] @ trajectory.states[-1][0][..., :1] + b[models]
        answers = last[..., 0].argmax(dim=1)
        values = connectivity(
            trajectory, V[models], b[models], answers, trajectory.steps, sequence=0
        )
        found |= dict(zip(models, values.cpu().numpy(), strict=True))
    return [found[model] for model in range(population.schedule.models)]


def of_behaviour(
    population: Population, seeds: Sequence[int], remembers: np.ndarray
) -> tuple[list[int], np.ndarray, dict[str, np.ndarray]]:
    """Lags, the influence (S, lags) of an input so many steps back, and the horizon by behaviour.

    Of a model that is no better than chance, and so ``remembers`` (S,) nothing, the horizon is 0,
    whatever changes its answers.
    """
    longest = population.schedule.steps - 1
    lags = np.unique(np.geomspace(1, longest, MOST_LAGS).round().astype(int)).tolist()
    shares = influence(population, seeds, lags)
    horizons = [
        behaviour_horizon(lags, own) if knows else 0
        for own, knows in zip(shares, remembers, strict=True)
    ]
    return lags, shares, {"horizon_by_behaviour": np.array(horizons, float)}


def overflow(population: Population, model: int) -> dict[str, float]:
    """Where in its sequences a model that diverged went wrong, t from 1; empty where nowhere.

    ``overflow_state_t`` is the first step with a state that is not finite, and
    ``overflow_gradient_t`` the last with such a gradient, since that comes from the end.
    """
    found = {}
    recurrence = population.recurrence
    names = population.cell.states
    states = [_not_finite(recurrence.state(name, model)) for name in names]
    gradients = [_not_finite(recurrence.state_gradient(name, model)) for name in names]
    if where := [t for bad in states for t in bad]:
        found["overflow_state_t"] = float(min(where))
    if where := [t for bad in gradients for t in bad]:
        found["overflow_gradient_t"] = float(max(where))
    return found


def _not_finite(values: Tensor) -> list[int]:
    """Steps, from 1, at which (steps, H, B) are not all finite."""
    steps: list[int] = (~values.isfinite().flatten(1).all(1)).nonzero().flatten().tolist()
    return [t + 1 for t in steps]
