"""How a small change of a cell's state grows or dies from step to step.

s_t is the whole state: h_t for the RNN and the GRU, h_t above c_t for the LSTM; J_t = ∂s_t/∂s_{t-1}
is k×k, with k = H or 2H. All is measured along one sequence, for n models side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from models.diagnostics.scaled_products import Graded
from models.diagnostics.trajectory import State, Trajectory

WARM_UP = 10
"""First steps, at most, that only turn the columns towards what grows most (as Vogt et al. do)."""
BUDGET = 2**18
"""Numbers in each of the arrays that are computed for many steps in one go."""
SMALLEST = 1e-38
"""The smallest normal float32, about: stands in where one divides by nothing."""


def lyapunov_exponents(trajectory: Trajectory, count: int = 1, sequence: int = 0) -> Tensor:
    """The largest ``count`` Lyapunov exponents, (n, count), nats per step, largest first.

    λ_i is the mean over steps of ln (R_t)_ii, where J_t Q_{t-1} = Q_t R_t is the QR decomposition
    with (R_t)_ii > 0 (Benettin et al. 1980; Vogt, Puelma Touzel, Shlizerman & Lajoie 2022,
    algorithm 1). Below 0 a change of the state dies out, above 0 it explodes, at 0 it lasts. The
    first steps, half of them but no more than WARM_UP, are not counted.

    -inf where nothing is left of a direction, NaN where the model's states are not finite.
    """
    models, size = _size(trajectory)
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(size, count, dtype=torch.float64, generator=generator)
    Q, _ = _orthonormal(start.to(trajectory.inputs).expand(models, size, count))
    growths = []
    for J in step_jacobians(trajectory, range(trajectory.steps), sequence):
        Q, growth = _orthonormal(J.bmm(Q))
        growths.append(growth)
    counted = torch.stack(growths[min(WARM_UP, trajectory.steps // 2) :])
    return counted.double().log().mean(dim=0).sort(descending=True).values


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
        products.append(products[-1].times(J.double().mT))
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
    models, size = _size(trajectory)
    rows = len(trajectory.cell.gates) * size // len(trajectory.cell.states)
    # The statistics of batch normalisation belong to one step.
    many = 1 if trajectory.cell.norm == "batch" else max(1, BUDGET // (models * size * rows))
    for first in range(0, len(steps), many):
        yield from _jacobians(trajectory, steps[first : first + many], sequence)


def _jacobians(trajectory: Trajectory, steps: Sequence[int], sequence: int) -> Tensor:
    """(steps, n, k, k) in one backward pass: every step stands k times, once for each row of J."""
    models, size = _size(trajectory)
    olds = zip(*(trajectory.states[t] for t in steps), strict=True)
    state = tuple(
        torch.stack([old[..., sequence] for old in each], dim=-1)
        .repeat_interleave(size, dim=-1)
        .requires_grad_()
        for each in olds
    )
    with torch.enable_grad():
        new = _step(trajectory, steps, state, sequence)
    rows = torch.eye(size).to(state[0]).split(state[0].shape[1])
    pulls = [row.repeat(1, len(steps)).expand_as(state[0]) for row in rows]
    pulled = torch.cat(torch.autograd.grad(new, state, pulls), dim=1)
    J = pulled.view(models, size, len(steps), size).permute(2, 0, 3, 1).contiguous()
    finite = torch.cat([*state, *new], dim=1).isfinite().all(dim=1)[:, ::size].T
    J[~finite] = torch.nan
    return J


def _step(trajectory: Trajectory, steps: Sequence[int], state: State, sequence: int) -> State:
    """The step from these states, (n, H, columns): so many columns in turn take each step."""
    if trajectory.cell.norm == "batch":
        (t,) = steps
        return trajectory.step(t, state, sequence)
    x = trajectory.inputs[list(steps), ..., sequence].permute(1, 2, 0)
    x = x.repeat_interleave(state[0].shape[-1] // len(steps), dim=-1)
    new: State = trajectory.cell.step(trajectory.weights, x, state)
    return new


def _orthonormal(columns: Tensor) -> tuple[Tensor, Tensor]:
    """Q and the diagonal of R, which is made positive: (n, k, count) -> same, (n, count)."""
    if columns.shape[-1] == 1:
        norm = torch.linalg.vector_norm(columns, dim=-2, keepdim=True)
        return columns / norm.clamp(min=SMALLEST), norm[:, 0]
    Q, R = torch.linalg.qr(columns)
    diagonal = R.diagonal(dim1=-2, dim2=-1)
    return Q * torch.where(diagonal < 0, -1.0, 1.0)[:, None], diagonal.abs()


def _size(trajectory: Trajectory) -> tuple[int, int]:
    """n and k."""
    models, hidden, _ = trajectory.states[0][0].shape
    return models, hidden * len(trajectory.cell.states)
