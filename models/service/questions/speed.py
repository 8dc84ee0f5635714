"""How fast is this machine?"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch

from models.cells import make_cell
from models.cells.cell import Weights
from models.kernels.autograd import AutogradUnrolled
from models.kernels.schedule import Schedule

ROUNDS = 25
"""Of which the fastest counts: what else the machine does now only ever slows it down."""


def speed() -> dict[str, float]:
    """CPU seconds that two probes take: ``overhead_seconds`` and ``arithmetic_seconds``.

    The one is a simple recurrent network's readable step, so small that its calls are all it costs,
    the other products and activations of large matrices.
    """
    torch.set_num_threads(1)  # as training does
    return {"overhead_seconds": _fastest(_calls()), "arithmetic_seconds": _fastest(_products())}


def _calls() -> Callable[[], object]:
    cell = make_cell("rnn")
    recurrence = AutogradUnrolled(cell, Schedule((50,)), inputs=2, hidden=4, sequences=2)
    shapes = cell.shapes(inputs=2, hidden=4)
    weights = Weights(**{name: torch.zeros(1, *shape) for name, shape in shapes.items()})
    return partial(recurrence.hidden_states, weights, 1)


def _products() -> Callable[[], object]:
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(8, 256, 72, generator=generator)
    states = torch.randn(8, 72, 32, generator=generator)
    out = torch.empty(8, 256, 32)

    def multiply() -> None:
        for _ in range(8):
            torch.bmm(weights, states, out=out)
            torch.sigmoid(out, out=out)

    return multiply


def _fastest(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        work()
        took.append(time.thread_time() - start)
    return min(took)
