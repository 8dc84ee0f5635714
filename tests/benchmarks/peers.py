"""What our training is measured against: one optimiser step of one model, done the usual ways."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

MODULES: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Stock(nn.Module):
    """A torch.nn module with a linear readout of its last hidden state."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.recurrence = MODULES[cell](inputs, hidden)
        self.readout = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(steps, B, inputs) -> (B, outputs)."""
        h, _ = self.recurrence(x)
        outputs: Tensor = self.readout(h[-1])
        return outputs


class UnrolledStep(nn.Module):
    """The same, written step by step so that ∂L/∂h_t of every step can be kept."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.step: Callable[..., tuple[Tensor, ...]] = getattr(self, f"_{cell}")
        gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
        self.x = nn.Linear(inputs, gates * hidden)
        self.h = nn.Linear(hidden, gates * hidden)
        self.states = 2 if cell == "lstm" else 1
        self.readout = nn.Linear(hidden, outputs)
        self.kept: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """(steps, B, inputs) -> (B, outputs); ``kept`` then holds every h_t."""
        state = (x.new_zeros(x.shape[1], self.hidden),) * self.states
        self.kept = []
        for part in self.x(x):
            state = self.step(part, self.h(state[0]), *state)
            state[0].retain_grad()
            self.kept.append(state[0])
        outputs: Tensor = self.readout(state[0])
        return outputs

    def _rnn(self, x: Tensor, h: Tensor, _: Tensor) -> tuple[Tensor, ...]:
        return (torch.tanh(x + h),)

    def _lstm(self, x: Tensor, h: Tensor, _: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        i, f, g, o = (x + h).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def _gru(self, x: Tensor, h: Tensor, before: Tensor) -> tuple[Tensor, ...]:
        x_r, x_z, x_n = x.chunk(3, dim=1)
        h_r, h_z, h_n = h.chunk(3, dim=1)
        z = (x_z + h_z).sigmoid()
        n = (x_n + (x_r + h_r).sigmoid() * h_n).tanh()
        return (torch.lerp(n, before, z),)


class Trainer:
    """One model, its batch, and Adam with the gradient clipped by its norm."""

    def __init__(self, model: nn.Module, x: Tensor, targets: Tensor) -> None:
        self.model, self.x, self.targets = model, x, targets
        self.optimiser = torch.optim.Adam(model.parameters(), lr=0.01)

    def step(self) -> None:
        self.optimiser.zero_grad()
        nn.functional.cross_entropy(self.model(self.x), self.targets).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
