r"""The simple recurrent network (Elman 1990).

    h_t = tanh(W_x x_t + W_h h_{t-1} + b)

Every step multiplies the hidden state by W_h and squashes it. So does the gradient on its way
back, ∂h_t/∂h_{t-1} = diag(1 - h_t²) W_h, which is why it vanishes or explodes over many steps
(Pascanu, Mikolov & Bengio 2013, section 2.1).

Default: orthogonal W_h, which at least starts without shrinking or stretching.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.cells.cell import INIT, Cell, Weights

if TYPE_CHECKING:
    from torch import Tensor


class RNN(Cell):
    """The simple recurrent cell with tanh."""

    name = "rnn"
    title = "RNN"
    equations = (r"h_t = \tanh(W_x x_t + W_h h_{t-1} + b)",)
    options = (INIT,)
    gates = ("h",)

    def step(self, w: Weights, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        (h,) = state
        h = (w.W_x @ x + w.W_h @ h + w.b).tanh()
        return (h,)
