"""How a small change of a cell's state grows or dies out from step to step.

s_t is the whole state: h_t for the RNN and the GRU, h_t above c_t for the LSTM; J_t = ∂s_t/∂s_{t-1}
is k×k, with k = H or 2H. Everything is computed in float64, along the trajectory of n models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from models.diagnostics.scaled_products import ScaledProduct
from models.diagnostics.trajectory import State, Trajectory, pulled_back
from models.population.norm import norm

WARM_UP = 10
"""The largest number of steps that only turn v towards what grows most, as in Vogt et al."""
STRIDE = 4
"""The steps from one norm to the next: in float64, products of so many float32 can be squared."""
SEQUENCES = 8
"""Exponents are measured along so many sequences: more take longer and move the median little."""
MAX_NUMBERS = 2**18
"""The largest size of the arrays that are computed for several steps at once."""


def lyapunov_exponent(trajectory: Trajectory) -> Tensor:
    """The largest Lyapunov exponent of each model, nats per step, (n,): the median over sequences.

    With ReLU it can be -inf along one sequence and 0 along the next, and a mean would be -inf for
    that one. It is -inf where at least half of the sequences lose everything, NaN where a state of
    any is not finite. See ``lyapunov_exponents``.
    """
    ordered = lyapunov_exponents(trajectory).sort(dim=-1).values  # NaN comes last
    last = ordered.shape[-1] - 1
    middle = (ordered[:, last // 2] + ordered[:, (last + 1) // 2]) / 2
    return torch.where(ordered[:, last].isnan(), torch.nan, middle)


def lyapunov_exponents(trajectory: Trajectory) -> Tensor:
    """The largest Lyapunov exponent along the first SEQUENCES sequences, nats per step, (n, B).

    The exponent λ is the mean over steps of ln ‖J_tᵀ v_t‖, where v_T is random of length 1 and
    v_{t-1} is J_tᵀ v_t, made as long (Benettin et al. 1980; Vogt, Puelma Touzel, Shlizerman &
    Lajoie 2022, algorithm 1, who go forward: the transposed product grows at the same rate, and a
    backward pass serves all sequences at once). Below 0 a change of the state, and the gradient in
    back-propagation, dies out; above 0 it explodes, at 0 it lasts. WARM_UP steps at either end, a
    quarter of all at most, are not counted: at the start the state settles, at the end v does.

    -inf where nothing is left of v, NaN where the model's states are not finite.
    """
    exact = trajectory.in_double(0, SEQUENCES)
    edge = min(WARM_UP, exact.steps // 4)
    counted = range(edge, exact.steps - edge)
    strides = [
        range(first, min(first + STRIDE, end))
        for start, end in ((0, edge), (edge, counted.stop), (counted.stop, exact.steps))
        for first in range(start, end, STRIDE)
    ]
    strides.reverse()
    growth = exact.growth(strides, _random_start(exact))
    total = growth[[steps[0] in counted for steps in strides]].log().sum(dim=0)
    rate = torch.where(growth[-1] == 0, -torch.inf, total / len(counted))
    return torch.where(trajectory.finite(SEQUENCES), rate, torch.nan)


def _random_start(trajectory: Trajectory) -> Tensor:
    """The same vector of length 1 for every model and sequence, (n, k, B)."""
    models, size = _size(trajectory)
    zero = trajectory.hidden_states[0]
    start = torch.randn(size, 1, dtype=zero.dtype, generator=torch.Generator().manual_seed(0))
    return (start / norm(start, dim=0)).to(zero.device).expand(models, size, zero.shape[-1])


def log_singular_values(trajectory: Trajectory, lags: Sequence[int]) -> Tensor:
    """The natural logs of the singular values of ∂s_T/∂s_{T-lag}, (n, lags, k), largest first.

    The matrix is the product J_T … J_{T-lag+1} (Pascanu, Mikolov & Bengio 2013, eq. 5) along the
    first sequence, T the last step. Lags are from 0 to T, in any order.

    They neither over- nor underflow, and small ones are not drowned by large ones. -inf where a
    direction is lost, NaN where the model's states are not finite.
    """
    models, size = _size(trajectory)
    products = [ScaledProduct.identity(models, size, trajectory.inputs.device)]
    for J in step_jacobians(trajectory, range(trajectory.steps)[::-1][: max(lags)]):
        products.append(products[-1].times(J.mT))
    return ScaledProduct.stack([products[lag] for lag in lags]).log_singular_values()


def step_jacobians(trajectory: Trajectory, steps: Sequence[int]) -> Iterator[Tensor]:
    """The Jacobian J, (n, k, k), of each of these steps in turn, along the first sequence.

    Steps are counted from 0. Several are computed at once, as if each step were a sequence by
    itself. NaN from or to a state that is not finite.
    """
    trajectory = trajectory.in_double(0, 1)
    models, size = _size(trajectory)
    rows = len(trajectory.cell.gates) * size // len(trajectory.cell.states)
    # The statistics of batch normalisation belong to one step.
    batched = trajectory.cell.norm == "batch"
    at_once = 1 if batched else max(1, MAX_NUMBERS // (models * size * rows))
    for first in range(0, len(steps), at_once):
        yield from _jacobians(trajectory, steps[first : first + at_once])


def _jacobians(trajectory: Trajectory, steps: Sequence[int]) -> Tensor:
    """The Jacobians of these steps, (steps, n, k, k), from one backward pass.

    Every step is taken k times, once for each row of J.

    The trajectory is of one sequence.
    """
    models, size = _size(trajectory)
    olds = zip(*(trajectory.states[t] for t in steps), strict=True)
    state = tuple(
        torch.cat(each, dim=-1).repeat_interleave(size, dim=-1).requires_grad_() for each in olds
    )
    with torch.enable_grad():
        new = _step(trajectory, steps, state)
    rows = torch.eye(size).to(state[0]).split(state[0].shape[1])
    of_inputs = pulled_back(new, state, [row.repeat(1, len(steps)) for row in rows])
    J = of_inputs.view(models, size, len(steps), size).permute(2, 0, 3, 1).contiguous()
    ends = [torch.cat(trajectory.states[t] + trajectory.states[t + 1], dim=1) for t in steps]
    J[~torch.cat(ends, dim=-1).isfinite().all(dim=1).T] = torch.nan
    return J


def _step(trajectory: Trajectory, steps: Sequence[int], state: State) -> State:
    """The states after these steps, (n, H, columns); each is taken by columns / steps of them."""
    if trajectory.cell.norm == "batch":
        (t,) = steps
        return trajectory.step(t, state)
    x = trajectory.inputs[list(steps), ..., 0].permute(1, 2, 0)
    x = x.repeat_interleave(state[0].shape[-1] // len(steps), dim=-1)
    new: State = trajectory.cell.step(trajectory.weights, x, state)
    return new


def _size(trajectory: Trajectory) -> tuple[int, int]:
    """The number of models n and the size k of the whole state."""
    models, hidden, _ = trajectory.hidden_states[0].shape
    return models, hidden * len(trajectory.cell.states)
