r"""The gated recurrent unit (Cho et al. 2014), in the form of cuDNN and nn.GRU.

    r_t = σ(W_xr x_t + W_hr h_{t-1} + b_r)        reset gate: how much past the candidate sees
    z_t = σ(W_xz x_t + W_hz h_{t-1} + b_z)        update gate: how much of the old h to keep
    n_t = tanh(W_xn x_t + b_n
               + r_t ⊙ (W_hn h_{t-1} + b_hn))     candidate: what to write

    h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t

One gate does what the LSTM's forget and input gates do: what is not kept is written. The path
z_t ⊙ h_{t-1} is additive like the LSTM's through c, but the state is also what the readout sees.
Here z keeps, as in nn.GRU; in the paper 1 - z does.

Default: orthogonal W_h and keep bias 1 on z. With ``bias=chrono``, b_z = ln U[1, T-1]
(Tallec & Ollivier 2018, section 2). ``init=pytorch,bias=0`` is what nn.GRU starts with.

With ``norm`` each of W_x x_t and W_h h_{t-1} is normalised and scaled by a γ, for the two gates at
once and for the candidate by itself (Ba, Kiros & Hinton 2016, eq. 25 and 26).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.cells.cell import BIAS, COMMON, Cell, Weights
from models.cells.normalisation import Normalise, plain

if TYPE_CHECKING:
    from torch import Tensor


class GRU(Cell):
    """Two gates r, z and a candidate n; one state h."""

    name = "gru"
    title = "GRU"
    equations = (
        r"r_t = \sigma(W_{xr} x_t + W_{hr} h_{t-1} + b_r)",
        r"z_t = \sigma(W_{xz} x_t + W_{hz} h_{t-1} + b_z)",
        r"n_t = \tanh(W_{xn} x_t + b_n + r_t \odot (W_{hn} h_{t-1} + b_{hn}))",
        r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t",
    )
    options = (BIAS, *COMMON)
    gates = ("r", "z", "n")
    keep_gate = "z"

    def open_gates(
        self, w: Weights, x: Tensor, state: tuple[Tensor, ...], normalise: Normalise = plain
    ) -> tuple[Tensor, ...]:
        (h,) = state
        assert w.b_hn is not None
        x_rz, x_n = _parts(normalise, "x", w.W_x @ x, w.gamma_x)
        h_rz, h_n = _parts(normalise, "h", w.W_h @ h, w.gamma_h)
        b_rz, b_n = _gates_and_candidate(w.b)
        r, z = (x_rz + h_rz + b_rz).sigmoid().chunk(2, dim=-2)
        n = (x_n + b_n + r * (h_n + w.b_hn)).tanh()
        return r, z, n

    def update(
        self,
        w: Weights,
        gates: tuple[Tensor, ...],
        state: tuple[Tensor, ...],
        normalise: Normalise = plain,
    ) -> tuple[Tensor, ...]:
        _, z, n = gates
        (h,) = state
        h = z * h + (1 - z) * n
        return (h,)

    def shapes(self, inputs: int, hidden: int) -> Mapping[str, tuple[int, int]]:
        return {**super().shapes(inputs, hidden), "b_hn": (hidden, 1)}


def _parts(
    normalise: Normalise, site: str, a: Tensor, gamma: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The part of the gates r and z, and that of the candidate, each normalised by itself."""
    a_rz, a_n = _gates_and_candidate(a)
    gamma_rz, gamma_n = (None, None) if gamma is None else _gates_and_candidate(gamma)
    return normalise(f"{site}_rz", a_rz, gamma_rz), normalise(f"{site}_n", a_n, gamma_n)


def _gates_and_candidate(rows: Tensor) -> tuple[Tensor, Tensor]:
    hidden = rows.shape[-2] // 3
    gates, candidate = rows.split([2 * hidden, hidden], dim=-2)
    return gates, candidate
