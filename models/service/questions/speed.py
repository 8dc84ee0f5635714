"""How fast is this machine?"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from models.cells import make_cell
from models.kernels import unroll
from models.kernels.kernel import Kernel
from models.kernels.schedule import Schedule

ROUNDS = 25
"""Of which the fastest counts: what else the machine does now only ever slows it down."""


def speed() -> dict[str, float]:
    """CPU seconds that two probes take: ``overhead_seconds`` and ``arithmetic_seconds``.

    The one is a run of a simple recurrent network so small that its calls are all it costs, the
    other products and activations of large matrices.
    """
    torch.set_num_threads(1)  # as training does
    return {"overhead_seconds": _fastest(_calls()), "arithmetic_seconds": _fastest(_products())}


def _calls() -> Callable[[], object]:
    kernel = unroll(make_cell("rnn"), Schedule((100,)), inputs=2, hidden=4, sequences=2)
    assert isinstance(kernel, Kernel)

    def there_and_back() -> None:
        kernel.forward()
        kernel.backward(99)

    return there_and_back


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
