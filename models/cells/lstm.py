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

Vectors are columns, one for each of the B sequences of a batch. The parameters for D inputs and H
units, with the rows of i, f, o and g below each other, and what they start with:

    W_x  (4H, D)   Glorot-uniform
    W_h  (4H, H)   an orthogonal matrix for each gate
    b    (4H, 1)   0, but 1 for the forget gate: it starts open (Jozefowicz et al. 2015)

Five sequences of twenty steps through eight units (parameters are drawn in float64):

    >>> import torch
    >>> from models.cells.draw import Draw
    >>> lstm, x = LSTM(), torch.randn(20, 3, 5, dtype=torch.float64)
    >>> w = lstm.initial_weights(Draw(seed=0), inputs=3, hidden=8, steps=20)
    >>> state = lstm.zero_state(w, sequences=5)
    >>> for x_t in x:
    ...     state = lstm.step(w, x_t, state)
    >>> state.h.shape
    torch.Size([8, 5])

Options are texts: ``LSTM(bias="chrono")`` is the cell that the pages call ``lstm:bias=chrono``. Its
forget gates start with time constants spread over the whole sequence of T steps,
b_f = ln U[1, T-1] and b_i = -b_f (Tallec & Ollivier 2018, eq. 16). ``init=pytorch,bias=0`` is what
nn.LSTM starts with. ``forget_gate=no`` is the cell of 1997, which keeps all of c_{t-1}: f_t is 1
at every step. Its rows of the parameters stay in their place, and among those that are counted, but
nothing depends on them. With chrono its input gates start nearly closed all the same.

With the option ``norm`` each of W_x x_t and W_h h_{t-1}, over all gates at once, is normalised and
scaled by a γ of its own, (4H, 1), before the bias is added; and c_t, where h_t is made of it, with
a γ that starts as the others and a β that starts at 0, (H, 1) each (Ba, Kiros & Hinton 2016, eq. 20
to 22; Cooijmans et al. 2016, eq. 6 to 8). The path from c to c stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from models.cells.cell import BIAS, COMMON_OPTIONS, Cell, Weights
from models.settings.spec import Option, SpecError

if TYPE_CHECKING:  # importing the cells does not import torch
    from torch import Tensor

    from models.cells.draw import Draw


FORGET_GATE = Option(
    "forget_gate",
    ("yes", "no"),
    "yes",
    "whether there is a forget gate; without it the long-term state is kept whole, as in the cell "
    "of Hochreiter & Schmidhuber 1997",
    title="Forget gate",
    phrase="{} forget gate",
)


class LSTMState(NamedTuple):
    """What an LSTM carries from step to step."""

    h: Tensor
    """Short-term state, shape (H, B): what the next step's gates and the readout see."""
    c: Tensor
    """Long-term state, shape (H, B)."""


class LSTM(Cell):
    """The LSTM cell: gates i, f and o, a candidate g, a short-term state h, a long-term state c.

    A ``step`` is ``compute_gates`` and then ``next_state``.
    """

    name = "lstm"
    title = "LSTM"
    references = ("hochreiter1997", "gers2000")
    equations = (
        r"i_t = \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i)",
        r"f_t = \sigma(W_{xf} x_t + W_{hf} h_{t-1} + b_f)",
        r"o_t = \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o)",
        r"g_t = \tanh(W_{xg} x_t + W_{hg} h_{t-1} + b_g)",
        r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
        r"h_t = o_t \odot \tanh(c_t)",
    )
    options = (BIAS, *COMMON_OPTIONS, FORGET_GATE)
    gates = ("i", "f", "o", "g")
    candidate = "g"
    input_gate, forget_gate, output_gate = "i", "f", "o"
    State = LSTMState

    def __init__(
        self,
        bias: str = BIAS.default,
        forget_gate: str = FORGET_GATE.default,
        **common_options: str,
    ) -> None:
        super().__init__(**common_options)
        self.bias, self.forgets = bias, forget_gate == "yes"

    @classmethod
    def check(cls, chosen: Mapping[str, str]) -> None:
        super().check(chosen)
        if chosen["forget_gate"] == "no" and chosen["bias"] not in (BIAS.default, "chrono"):
            raise SpecError(
                "bias is that of the forget gate: leave it out with forget_gate=no, or give "
                "chrono, with which the input gate starts nearly closed"
            )

    def compute_gates(self, w: Weights, x: Tensor, state: LSTMState) -> tuple[Tensor, ...]:
        """Returns i_t, f_t, o_t and g_t, (H, B) each, from x_t, (D, B), and h_{t-1}."""
        a = self.preactivations(w, x, state.h)  # W_x x_t + W_h h_{t-1} + b, (4H, B)
        i, f, o, g = a.chunk(4, dim=-2)
        kept = f.sigmoid() if self.forgets else f.new_ones(f.shape)
        return i.sigmoid(), kept, o.sigmoid(), g.tanh()

    def next_state(self, w: Weights, gates: tuple[Tensor, ...], state: LSTMState) -> LSTMState:
        """Returns h_t and c_t, (H, B) each, from the values of the gates and c_{t-1}."""
        i, f, o, g = gates
        c = f * state.c + i * g
        h = o * self.normalised_c(w, c).tanh()  # o_t ⊙ tanh(c_t)
        return LSTMState(h, c)

    def initial_bias(self, draw: Draw, hidden: int, steps: int) -> Mapping[str, Tensor | float]:
        """Returns the bias that f starts with, or with chrono those, (H, 1), of f and i."""
        if self.bias == "chrono":
            b_f = draw.log_uniform((hidden, 1), steps - 1)
            return {"f": b_f, "i": -b_f}
        return {"f": float(self.bias)}

    def normalised_c(self, w: Weights, c: Tensor) -> Tensor:
        """Returns c_t, (H, B), as it is, but normalised in a cell with a ``norm``."""
        return self.normalise("c", c, w.gamma_c, w.beta_c)

    def norm_parameters(self, hidden: int) -> Mapping[str, tuple[int, float]]:
        if self.norm == "none":
            return {}
        of_c = {"gamma_c": (hidden, self.gamma), "beta_c": (hidden, 0.0)}
        return {**super().norm_parameters(hidden), **of_c}
