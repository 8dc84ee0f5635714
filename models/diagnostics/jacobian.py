"""How a small change of a cell's state grows or dies from step to step.

s_t is the whole state: h_t for the RNN and the GRU, h_t above c_t for the LSTM; J_t = ∂s_t/∂s_{t-1}
is k×k, with k = H or 2H. All is measured in float64, along the states that the models have gone
through, for n models side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from models.cells.normalisation import NORMALISE
from models.diagnostics.scaled_products import Graded
from models.diagnostics.trajectory import State, Trajectory
from models.population.norm import norm

WARM_UP = 10
"""Steps, at most, that only turn the vector towards what grows most (as Vogt et al. do)."""
LOT = 4
"""Steps from one norm to the next: in float64, products of so many float32 can be squared."""
SEQUENCES = 8
"""Along which exponents are measured: more take longer and move the median little."""
BUDGET = 2**18
"""Numbers in each of the arrays that are computed for many steps in one go."""


def lyapunov_exponent(trajectory: Trajectory) -> Tensor:
    """The largest Lyapunov exponent of each model, (n,): the median over its sequences.

    With ReLU it can be -inf along one sequence and 0 along the next, and a mean would be -inf for
    that one. It is -inf where at least half of the sequences lose everything, NaN where a state of
    any is not finite. See ``lyapunov_exponents``.
    """
    ordered = lyapunov_exponents(trajectory).sort(dim=-1).values  # NaN comes last
    last = ordered.shape[-1] - 1
    middle = (ordered[:, last // 2] + ordered[:, (last + 1) // 2]) / 2
    return torch.where(ordered[:, last].isnan(), torch.nan, middle)


def lyapunov_exponents(trajectory: Trajectory) -> Tensor:
    """The largest Lyapunov exponent along each of the first SEQUENCES sequences, nats per step.

    λ, (n, sequences), is the mean over steps of ln ‖J_tᵀ v_t‖, where v_T is random of length 1 and
    v_{t-1} is J_tᵀ v_t, made as long (Benettin et al. 1980; Vogt, Puelma Touzel, Shlizerman &
    Lajoie 2022, algorithm 1, who go forward: the transposed product grows at the same rate, and a
    backward pass serves all sequences at once). Below 0 a change of the state, and the gradient on
    its way back, dies out; above 0 it explodes, at 0 it lasts. WARM_UP steps at either end, a
    quarter of all at most, are not counted: at the start the state settles, at the end v does.

    -inf where nothing is left of v, NaN where the model's states are not finite.
    """
    watched = trajectory.in_double(0, SEQUENCES)
    edge = min(WARM_UP, watched.steps // 4)
    counted = range(edge, watched.steps - edge)
    lots = [
        range(first, min(first + LOT, end))
        for start, end in ((0, edge), (edge, counted.stop), (counted.stop, watched.steps))
        for first in range(start, end, LOT)
    ]
    v, total = _random_start(watched), torch.zeros(())
    for lot in reversed(lots):
        v = _pulled_back(watched, lot, v)
        growth = norm(v, dim=1, keepdim=True)
        v = v / growth.clamp(min=torch.finfo(v.dtype).tiny)
        if lot[0] in counted:
            total = total + growth[:, 0].log()
    rate = torch.where(growth[:, 0] == 0, -torch.inf, total / len(counted))
    known = torch.stack([torch.cat(state, dim=1) for state in watched.states]).isfinite()
    return torch.where(known.all(dim=2).all(dim=0), rate, torch.nan)


def _random_start(trajectory: Trajectory) -> Tensor:
    """The same vector of length 1 for every model and sequence, (n, k, B)."""
    models, size = _size(trajectory)
    zero = trajectory.states[0][0]
    start = torch.randn(size, 1, dtype=zero.dtype, generator=torch.Generator().manual_seed(0))
    return (start / norm(start, dim=0)).to(zero.device).expand(models, size, zero.shape[-1])


def _pulled_back(trajectory: Trajectory, steps: Sequence[int], v: Tensor) -> Tensor:
    """Jᵀ v, (n, k, B), with J the product of the Jacobians of these steps, which follow another."""
    old = tuple(state.clone().requires_grad_() for state in trajectory.states[steps[0]])
    new: State = old
    with torch.enable_grad():
        for t in steps:
            new = trajectory.step(t, new)
    pulled = torch.autograd.grad(new, old, v.split(old[0].shape[1], dim=1))
    return torch.cat(pulled, dim=1)


def log_singular_values(
    trajectory: Trajectory, lags: Sequence[int], sequence: int = 0, hidden_only: bool = False
) -> Tensor:
    """Natural logs of the singular values of ∂s_T/∂s_{T-lag}, (n, lags, k), largest first.

    The matrix is the product J_T … J_{T-lag+1} (Pascanu, Mikolov & Bengio 2013, eq. 5), T the last
    step. With ``hidden_only`` it is ∂h_T/∂h_{T-lag}, over all paths between the two, also those
    through c: (n, lags, H). Lags are from 0 to T, in any order.

    They neither over- nor underflow, and small ones are not drowned by large ones. -inf where a
    direction is lost, NaN where the model's states are not finite.
    """
    models, size = _size(trajectory)
    products = [Graded.identity(models, size, trajectory.inputs.device)]
    steps = range(trajectory.steps)[::-1][: max(lags)]
    for J in step_jacobians(trajectory, steps, sequence):
        products.append(products[-1].times(J.mT))
    chosen = Graded.stack([products[lag] for lag in lags])
    if hidden_only:
        chosen = chosen.block(size // len(trajectory.cell.states))
    return chosen.log_singular_values()


def step_jacobians(
    trajectory: Trajectory, steps: Sequence[int], sequence: int = 0
) -> Iterator[Tensor]:
    """J, (n, k, k), of each of these steps in turn; steps are counted from 0.

    Many are computed in one go, as if each step were a sequence by itself. NaN from or to a state
    that is not finite.
    """
    trajectory = trajectory.in_double(sequence, 1)
    models, size = _size(trajectory)
    rows = len(trajectory.cell.gates) * size // len(trajectory.cell.states)
    # The statistics of batch normalisation belong to one step.
    many = 1 if trajectory.cell.norm == "batch" else max(1, BUDGET // (models * size * rows))
    for first in range(0, len(steps), many):
        yield from _jacobians(trajectory, steps[first : first + many])


def _jacobians(trajectory: Trajectory, steps: Sequence[int]) -> Tensor:
    """(steps, n, k, k) in one backward pass: every step stands k times, once for each row of J.

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
    pulls = [row.repeat(1, len(steps)).expand_as(state[0]) for row in rows]
    pulled = torch.cat(torch.autograd.grad(new, state, pulls), dim=1)
    J = pulled.view(models, size, len(steps), size).permute(2, 0, 3, 1).contiguous()
    ends = [torch.cat(trajectory.states[t] + trajectory.states[t + 1], dim=1) for t in steps]
    J[~torch.cat(ends, dim=-1).isfinite().all(dim=1).T] = torch.nan
    return J


def _step(trajectory: Trajectory, steps: Sequence[int], state: State) -> State:
    """The step from these states, (n, H, columns): so many columns in turn take each step."""
    if trajectory.cell.norm == "batch":
        (t,) = steps
        return trajectory.step(t, state)
    x = trajectory.inputs[list(steps), ..., 0].permute(1, 2, 0)
    x = x.repeat_interleave(state[0].shape[-1] // len(steps), dim=-1)
    normalise = NORMALISE[trajectory.cell.norm]
    return trajectory.cell.step(trajectory.weights, x, state, normalise)


def _size(trajectory: Trajectory) -> tuple[int, int]:
    """n and k."""
    models, hidden, _ = trajectory.states[0][0].shape
    return models, hidden * len(trajectory.cell.states)
