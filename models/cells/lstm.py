r"""Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    i_t = σ(W_xi x_t + W_hi h_{t-1} + b_i)        input gate: how much of the candidate to write
    f_t = σ(W_xf x_t + W_hf h_{t-1} + b_f)        forget gate: how much of the old c to keep
    o_t = σ(W_xo x_t + W_ho h_{t-1} + b_o)        output gate: how much of c to show
    g_t = tanh(W_xg x_t + W_hg h_{t-1} + b_g)     candidate: what to write

    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t               long-term state
    h_t = o_t ⊙ tanh(c_t)                         short-term state

The long-term state is changed by addition. Along that path the gradient is multiplied by f_t
alone, ∂c_t/∂c_{t-1} = diag(f_t): while the forget gate stays near 1, it neither vanishes nor
explodes. Through h_{t-1} and the gates there are further paths, and those still may.

Default: orthogonal W_h and forget bias 1 (Jozefowicz et al. 2015). With ``bias=chrono`` the
forget gates start with time constants spread over the whole sequence, b_f = ln U[1, T-1] and
b_i = -b_f (Tallec & Ollivier 2018, eq. 16). ``init=pytorch,bias=0`` is what nn.LSTM starts with.

With ``norm`` each of W_x x_t and W_h h_{t-1}, over all gates at once, is normalised and scaled by
a γ before the bias is added, and c_t where h_t is made of it (Ba, Kiros & Hinton 2016, eq. 20 to
22; Cooijmans et al. 2016, eq. 6 to 8). The path from c to c stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.cells.cell import BIAS, COMMON, Cell, Weights
from models.cells.normalisation import Normalise, plain

if TYPE_CHECKING:
    from torch import Tensor


class LSTM(Cell):
    """Four gates i, f, o, g; a long-term state c and a short-term state h."""

    name = "lstm"
    title = "LSTM"
    equations = (
        r"i_t = \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i)",
        r"f_t = \sigma(W_{xf} x_t + W_{hf} h_{t-1} + b_f)",
        r"o_t = \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o)",
        r"g_t = \tanh(W_{xg} x_t + W_{hg} h_{t-1} + b_g)",
        r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
        r"h_t = o_t \odot \tanh(c_t)",
    )
    options = (BIAS, *COMMON)
    gates = ("i", "f", "o", "g")
    states = ("h", "c")
    keep_gate = "f"
    write_gate = "i"
    show_gate = "o"

    def open_gates(
        self, w: Weights, x: Tensor, state: tuple[Tensor, ...], normalise: Normalise = plain
    ) -> tuple[Tensor, ...]:
        h, _ = state
        a = normalise("x", w.W_x @ x, w.gamma_x) + normalise("h", w.W_h @ h, w.gamma_h) + w.b
        i, f, o, g = a.chunk(4, dim=-2)
        return i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh()

    def update(
        self,
        w: Weights,
        gates: tuple[Tensor, ...],
        state: tuple[Tensor, ...],
        normalise: Normalise = plain,
    ) -> tuple[Tensor, ...]:
        i, f, o, g = gates
        _, c = state
        c = f * c + i * g
        h = o * normalise("c", c, w.gamma_c, w.beta_c).tanh()
        return h, c

    def normalised(self, hidden: int) -> Mapping[str, int]:
        of_c = {} if self.norm == "none" else {"gamma_c": hidden, "beta_c": hidden}
        return {**super().normalised(hidden), **of_c}
