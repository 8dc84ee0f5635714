r"""The gated recurrent unit (Cho et al. 2014), in the form of cuDNN and nn.GRU.

    r_t = σ(W_xr x_t + W_hr h_{t-1} + b_r)        reset gate: how much past the candidate sees
    z_t = σ(W_xz x_t + W_hz h_{t-1} + b_z)        update gate: how much of the old h to keep
    n_t = tanh(W_xn x_t + b_n
               + r_t ⊙ (W_hn h_{t-1} + b_hn))     candidate: what to write

    h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t

One gate does what the LSTM's forget and input gates do: what is not kept is written. The path
z_t ⊙ h_{t-1} is additive like the LSTM's through c, but the state is also what the readout sees.
Here z keeps, as in nn.GRU; in the paper 1 - z does.

Vectors are columns, one for each of the B sequences of a batch. The parameters for D inputs and H
units, with the rows of r, z and n below each other, and what they start with:

    W_x   (3H, D)   Glorot-uniform
    W_h   (3H, H)   an orthogonal matrix for each of the three
    b     (3H, 1)   0, but 1 for the update gate: it starts open
    b_hn  (H, 1)    0

Five sequences of twenty steps through eight units (parameters are drawn in float64):

    >>> import torch
    >>> from models.cells.draw import Draw
    >>> gru, x = GRU(), torch.randn(20, 3, 5, dtype=torch.float64)
    >>> w = gru.initial_weights(Draw(seed=0), inputs=3, hidden=8, steps=20)
    >>> state = gru.zero_state(w, sequences=5)
    >>> for x_t in x:
    ...     state = gru.step(w, x_t, state)
    >>> state.h.shape
    torch.Size([8, 5])

Options are texts: ``GRU(bias="chrono")`` is the cell that the pages call ``gru:bias=chrono``. For
sequences of T steps its b_z starts as ln U[1, T-1] (Tallec & Ollivier 2018, section 2).
``init=pytorch,bias=0`` is what nn.GRU starts with.

With the option ``norm`` each of W_x x_t and W_h h_{t-1} is normalised and scaled by a γ of its own,
(3H, 1), for the two gates at once and for the candidate by itself (Ba, Kiros & Hinton 2016, eq. 25
and 26).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.cells.cell import BIAS, COMMON_OPTIONS, Cell, HiddenState, Weights

if TYPE_CHECKING:  # importing the cells does not import torch
    from torch import Tensor

    from models.cells.draw import Draw


class GRU(Cell):
    """The GRU cell: gates r and z, a candidate n, and one state h.

    A ``step`` is ``compute_gates`` and then ``next_state``.
    """

    name = "gru"
    title = "GRU"
    references = ("cho2014",)
    equations = (
        r"r_t = \sigma(W_{xr} x_t + W_{hr} h_{t-1} + b_r)",
        r"z_t = \sigma(W_{xz} x_t + W_{hz} h_{t-1} + b_z)",
        r"n_t = \tanh(W_{xn} x_t + b_n + r_t \odot (W_{hn} h_{t-1} + b_{hn}))",
        r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t",
    )
    options = (BIAS, *COMMON_OPTIONS)
    gates = ("r", "z", "n")
    candidate = "n"
    forget_gate = "z"  # it keeps, as the LSTM's f does

    def __init__(self, bias: str = BIAS.default, **common_options: str) -> None:
        super().__init__(**common_options)
        self.bias = bias

    def compute_gates(self, w: Weights, x: Tensor, state: HiddenState) -> tuple[Tensor, ...]:
        """Returns r_t, z_t and n_t, (H, B) each, from x_t, (D, B), and h_{t-1}."""
        assert w.b_hn is not None
        x_rz, x_n = self._products("x", w.W_x @ x, w.gamma_x)  # W_x x_t: rows of r and z, rows of n
        h_rz, h_n = self._products("h", w.W_h @ state.h, w.gamma_h)
        b_rz, b_n = _split(w.b)
        r, z = (x_rz + h_rz + b_rz).sigmoid().chunk(2, dim=-2)
        n = (x_n + b_n + r * (h_n + w.b_hn)).tanh()
        return r, z, n

    def next_state(self, w: Weights, gates: tuple[Tensor, ...], state: HiddenState) -> HiddenState:
        """Returns h_t, (H, B), from the values of the gates and h_{t-1}."""
        _, z, n = gates
        h = z * state.h + (1 - z) * n
        return HiddenState(h)

    def shapes(self, inputs: int, hidden: int) -> Mapping[str, tuple[int, int]]:
        return {**super().shapes(inputs, hidden), "b_hn": (hidden, 1)}

    def initial_bias(self, draw: Draw, hidden: int, steps: int) -> Mapping[str, Tensor | float]:
        """Returns the bias that z starts with: a number, or with chrono (H, 1)."""
        if self.bias == "chrono":
            return {"z": draw.log_uniform((hidden, 1), steps - 1)}
        return {"z": float(self.bias)}

    def summed_biases(self, hidden: int) -> int:
        """Returns the rows of r and z: the second bias of the candidate is ``b_hn``."""
        return 2 * hidden

    def _products(self, site: str, product: Tensor, gamma: Tensor | None) -> tuple[Tensor, Tensor]:
        """A product (3H, B) as its rows of r and z, (2H, B), and of n, (H, B).

        In a cell with a ``norm`` each of the two is normalised by itself.
        """
        rz, n = _split(product)
        gamma_rz, gamma_n = (None, None) if gamma is None else _split(gamma)
        return self.normalise(f"{site}_rz", rz, gamma_rz), self.normalise(f"{site}_n", n, gamma_n)


def _split(rows: Tensor) -> tuple[Tensor, Tensor]:
    """3H rows as the 2H of the gates r and z and the H of the candidate n."""
    hidden = rows.shape[-2] // 3
    gates, candidate = rows.split([2 * hidden, hidden], dim=-2)
    return gates, candidate
