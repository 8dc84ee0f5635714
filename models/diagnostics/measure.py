"""All diagnostics of a population's models, measured on the batches that it has now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from models.analysis.gradient_profile import gradient_horizon, half_life
from models.diagnostics.influence import behaviour_horizon, connectivity, influence
from models.diagnostics.jacobian import lyapunov_exponent
from models.diagnostics.saturation import gate_means, gate_spreads, saturation
from models.diagnostics.theory import spectral_radius, theoretical_half_life
from models.diagnostics.trajectories import map_trajectories
from models.diagnostics.trajectory import Trajectory
from models.population.population import Pass, Population

MAX_LAGS = 16
"""The largest number of lags at which influence is measured, evenly spread on a log axis."""


def measure_recurrence(population: Population, only: int | None = None) -> dict[str, np.ndarray]:
    """Spectral radius, Lyapunov exponent, saturation and gates by name, (models,) each.

    With ``only`` they are measured of the models with so many steps, and NaN for the others.
    """
    steps = population.steps
    wanted = [model for model, own in enumerate(steps) if only in (None, own)]
    measured: dict[str, np.ndarray] = {}
    for models, values in map_trajectories(population, wanted, _measure_trajectory):
        for name, of_models in values.items():
            into = measured.setdefault(name, np.full(len(steps), np.nan))
            into[models] = of_models
    return measured


@torch.no_grad()
def _measure_trajectory(_: list[int], trajectory: Trajectory) -> dict[str, list[float]]:
    """The diagnostics of ``measure_recurrence`` for the n models of a trajectory, n each."""
    finite = trajectory.finite().all(dim=-1)
    measured = {
        "spectral_radius": spectral_radius(trajectory.weights, trajectory.cell),
        "lyapunov_exponent": lyapunov_exponent(trajectory),
        "half_life_theory": torch.where(finite, theoretical_half_life(trajectory), torch.nan),
        **{f"saturation_{gate}": share for gate, share in saturation(trajectory).items()},
        **{f"mean_{gate}": mean for gate, mean in gate_means(trajectory).items()},
        **{f"spread_{gate}": spread for gate, spread in gate_spreads(trajectory).items()},
    }
    # As plain numbers: small tensors that stay would keep apart what large ones leave free, for
    # want of which each model takes more (measured: 200 MiB at 81 models of T = 100).
    return {name: of_models.tolist() for name, of_models in measured.items()}


def measure_profiles(profiles: Mapping[str, Sequence[np.ndarray]]) -> dict[str, np.ndarray]:
    """Half-lives and horizon of gradient profiles by diagnostic, in steps, (models,) each.

    ``profiles`` has for each state the profile of every model, (T,). There is a half-life for each
    state; the horizon is that of the state which carries the gradient furthest.
    """
    half_lives = {
        f"half_life_{state}": np.array([half_life(norms) for norms in of_models])
        for state, of_models in profiles.items()
    }
    horizons = [[gradient_horizon(norms) for norms in of_models] for of_models in profiles.values()]
    return {**half_lives, "horizon_by_gradient": np.max(horizons, axis=0).astype(float)}


def measure_connectivity(population: Population) -> list[np.ndarray]:
    """The connectivity of each model, (T,): how much its answer depends on each input.

    The answer is the logit of the class that it gives at the last step of the first sequence, or
    its value.
    """
    _, (V, b) = population.weights()
    V, b = V.detach(), b.detach()

    def of_trajectory(models: list[int], trajectory: Trajectory) -> Tensor:
        last = V[models] @ trajectory.hidden_states[-1][..., :1] + b[models]
        answers = last[..., 0].argmax(dim=1)
        return connectivity(trajectory, V[models, answers])

    everyone = range(len(population.steps))
    found: dict[int, np.ndarray] = {}
    for models, values in map_trajectories(population, everyone, of_trajectory):
        found |= dict(zip(models, values.cpu().numpy(), strict=True))
    return [found[model] for model in everyone]


def measure_influence(
    population: Population, seeds: Sequence[int], remembers: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Lags in steps and the influence of an input so far back, (models, lags), and the horizon.

    The lags of a model depend on its own length alone; where it has fewer than others, the rest are
    out of reach, with influence NaN. The last is ``horizon_by_behaviour``, in steps, (models,). Of
    a model that is no better than chance, for which ``remembers`` (models,) is False, it is 0,
    whatever changes its answers.
    """
    lags = np.array([_lags(steps) for steps in population.steps])
    shares = influence(population, seeds, lags)
    horizons = [
        behaviour_horizon(own_lags, own) if better else 0
        for own_lags, own, better in zip(lags, shares, remembers, strict=True)
    ]
    return lags, shares, {"horizon_by_behaviour": np.array(horizons, float)}


def _lags(steps: int) -> np.ndarray:
    """The lags at which a model of so many steps is measured, (MAX_LAGS,)."""
    lags = np.unique(np.geomspace(1, max(steps - 1, 1), MAX_LAGS).round().astype(int))
    return np.pad(lags, (0, MAX_LAGS - len(lags)), constant_values=steps)


def overflow(states: Sequence[str], passed: Pass) -> dict[str, float]:
    """The step t, from 1, at which a model overflowed in a pass, by diagnostic.

    ``overflow_state_t`` is the first step with a state that is not finite, and
    ``overflow_gradient_t`` the last with such a gradient, since that comes from the end. One that
    did not overflow is left out.
    """
    forward = {t for name in states for t in _overflown(passed.state(name))}
    back = {t for name in states for t in _overflown(passed.state_gradient(name))}
    first = {"overflow_state_t": float(min(forward))} if forward else {}
    last = {"overflow_gradient_t": float(max(back))} if back else {}
    return first | last


def _overflown(values: Tensor) -> list[int]:
    """The steps, from 1, at which values (T, H, B) are not all finite."""
    steps: list[int] = (~values.isfinite().flatten(1).all(1)).nonzero().flatten().tolist()
    return [t + 1 for t in steps]
