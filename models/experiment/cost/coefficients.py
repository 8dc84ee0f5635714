"""The time that each stage of a training takes and the memory that it keeps, as measured.

    python -m tests.benchmarks.cost --fit

measures all of this anew and prints it. These were measured on an AMD EPYC, 2 cores, 8 MiB L3,
torch 2.13; one thread, nothing beside it. Of MEMORY, ``parameter`` and ``graph`` are from a few
runs by hand: the grid gives only their sum. Where a field does not say otherwise, ``call``,
``step``, ``row`` and ``model`` are microseconds, the others nanoseconds. A row is one model at one
time step; H is the hidden size, B the batch size and P the number of parameters of a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Pass(NamedTuple):
    """The time of one pass of a population through its sequences."""

    call: float
    """The time of the pass itself."""
    step: float
    """The time per time step of the longest sequence, however many models are active."""
    row: float
    """The time per row."""
    element: float
    """The time per number of a hidden state: H·B of them in a row."""
    product: float
    """The time per parameter and sequence: P·B of them in a row."""
    weight: float
    """The time per parameter: P of them in a row."""


class Passes(NamedTuple):
    """The times of a pass without and with gradients."""

    score: Pass
    """A pass without gradients."""
    train: Pass
    """A pass with back-propagation through time."""


class Update(NamedTuple):
    """The time of clipping, Adam and the records of an optimiser step."""

    call: float
    """The time of a step itself."""
    parameter: float
    """The time per parameter of the population."""


class Setting(NamedTuple):
    """The time that it takes to give a model its batch."""

    call: float
    """The time per model."""
    number: float
    """The time per number of the batch."""


class Read(NamedTuple):
    """The time of the readout for every row that it reads, if it reads more than the last step."""

    row: float
    """The time of the row itself."""
    output: float
    """The time per output and sequence."""
    hidden: float
    """The time per number of a hidden state: H·B of them."""
    weight: float
    """The time per weight of the readout."""


class Omega(NamedTuple):
    """The time of the regulariser Ω of one model."""

    call: float
    """The time of the call itself."""
    element: float
    """The time per number of a hidden state: H·B of them in a row."""
    product: float
    """The time per number of a hidden state and unit: H²·B of them in a row."""


class SettingUp(NamedTuple):
    """The time that it takes to make a population."""

    call: float
    """The time of the call itself."""
    step: float
    """The time per time step of the longest sequence."""
    row: float
    """The time per row."""
    parameter: float
    """The time per parameter of the population."""


class Drawing(NamedTuple):
    """The time in which a task draws the sequences of one model."""

    call: float
    """The time of the call itself."""
    number: float
    """The time per time step and sequence."""


class Recurrence(NamedTuple):
    """The time of the diagnostics of the recurrence.

    The first three are multiples, without a unit, of times of the cell's readable passes.
    """

    trajectory: float
    """The multiple of a pass without gradients."""
    pulls: float
    """The multiple of the calls of a pass with gradients."""
    columns: float
    """The multiple of the arithmetic of a pass with gradients, of a few sequences in float64."""
    step: float
    """The time per time step of each length."""
    model: float
    """The time per model."""
    radius: float
    """The time per H³ of each model, in nanoseconds."""


class Tables(NamedTuple):
    """The time of the rows of the result tables in each evaluation."""

    call: float
    """The time of the evaluation itself."""
    model: float
    """The time per model."""
    row: float
    """The time per row and state of the cell."""


class Held(NamedTuple):
    """The numbers that a population keeps per row and number of a hidden state, H·B of them."""

    kept: float
    """The numbers that it keeps as long as it trains."""
    passing: float
    """The numbers that it keeps for a while: graphs and trajectories."""


class Memory(NamedTuple):
    """The memory of a trainer, in bytes."""

    trainer: float
    """The bytes of the warm process before anything is trained."""
    process: float
    """The bytes of each training process, whatever it trains."""
    step: float
    """The bytes per time step of the longest sequence, for its views."""
    parameter: float
    """The bytes per parameter of a population, with its gradients, Adam's means and copies."""
    graph: float
    """The bytes per parameter, for a while, where autograd goes through every step."""
    drawn: float
    """The bytes per number of the held-out sequences."""


OVERHEAD_PROBE = 0.00144
"""The seconds of the first probe of ``models.service.questions.speed`` on the same machine."""
ARITHMETIC_PROBE = 0.00161
"""The seconds of its second probe on the same machine."""

PASSES = {
    "kernel": {
        "rnn": Passes(
            Pass(909, 1.02, 3.46, 3.72, 0.0172, 1.3),
            Pass(1880, 11.2, 2.11, 5.08, 0.0757, 3.19),
        ),
        "lstm": Passes(
            Pass(929, 26.6, 1.97, 9.37, 0.0164, 1.52),
            Pass(2030, 70.2, 2.17, 10.8, 0.0724, 3.12),
        ),
        "gru": Passes(
            Pass(1060, 9.04, 0.928, 11.1, 0, 1.74),
            Pass(1510, 70.2, 0, 21.6, 0.0119, 3.9),
        ),
    },
    "none": {
        "rnn": Passes(
            Pass(1350, 41.4, 9.12, 9.53, 0, 2.34),
            Pass(3910, 202, 14.3, 9.96, 0.103, 4.61),
        ),
        "lstm": Passes(
            Pass(689, 117, 13.9, 4.42, 0.0646, 1.29),
            Pass(1220, 446, 2.21, 41.9, 0.00989, 5.83),
        ),
        "gru": Passes(
            Pass(881, 136, 27.2, 5.91, 0.0245, 1.86),
            Pass(499, 569, 56.6, 14.7, 0.09, 5.56),
        ),
    },
    "layer": {
        "rnn": Passes(
            Pass(1220, 140, 6.82, 20.5, 0.00742, 2.27),
            Pass(3860, 423, 31.8, 22.5, 0.0126, 8.87),
        ),
        "lstm": Passes(
            Pass(2770, 287, 0, 114, 0, 1.31),
            Pass(3540, 1160, 112, 127, 0.128, 4.06),
        ),
        "gru": Passes(
            Pass(801, 417, 21.7, 79, 0, 1.58),
            Pass(1060, 1380, 58.7, 120, 0, 7.15),
        ),
    },
    "batch": {
        "rnn": Passes(
            Pass(1820, 179, 5.44, 30, 0, 2.86),
            Pass(1650, 880, 0, 29.3, 0.123, 4.31),
        ),
        "lstm": Passes(
            Pass(1120, 382, 0, 107, 0, 5.06),
            Pass(1140, 1350, 47.9, 170, 0, 14.6),
        ),
        "gru": Passes(
            Pass(1350, 451, 46.1, 59.9, 0.0268, 5.93),
            Pass(3880, 1620, 107, 128, 0.0341, 10.7),
        ),
    },
}
"""The passes by path, "kernel" or a normalisation by autograd, and by cell."""
STARTING = 732_000
"""The microseconds that a process takes longer the first time that it measures."""
UPDATE = Update(252, 7.42)
SETTING = Setting(27.9, 0.829)
READ = Read(5.31, 39, 4.64, 0)
OMEGA = Omega(486, 17.5, 0.0526)
SETTING_UP = SettingUp(1650, 53.3, 29.4, 104)
TASKS = {
    "temporal_order": Drawing(215, 12.3),
    "adding": Drawing(156, 6.11),
    "copy": Drawing(122, 14.3),
    "recall": Drawing(137, 16.2),
    "digits": Drawing(156, 3.32),
}
"""The drawing of each task by its name."""
RECURRENCE = Recurrence(1.62, 0.102, 1.8, 247, 25.3, 5.03)
TABLES = Tables(8380, 0, 18.2)
HELD = {
    "kernel": {
        "rnn": Held(3, 1.73),
        "lstm": Held(9, 0),
        "gru": Held(7, 0),
    },
    "none": {
        "rnn": Held(2, 6.45),
        "lstm": Held(4, 9.81),
        "gru": Held(2, 6.72),
    },
    "layer": {
        "rnn": Held(2, 15.3),
        "lstm": Held(4, 33.9),
        "gru": Held(2, 30.6),
    },
    "batch": {
        "rnn": Held(2, 4.59),
        "lstm": Held(4, 12.2),
        "gru": Held(2, 18.3),
    },
}
"""The numbers that a population keeps by path and by cell."""
MEMORY = Memory(365e6, 84e6, 37_000, 120, 440, 25.3)

EXPONENT_SEQUENCES = 8
"""The value of ``models.diagnostics.jacobian.SEQUENCES``, whose import would import torch."""
LAGS = 16
"""The value of ``models.diagnostics.measure.MAX_LAGS``, whose import would import torch."""


def passes_of(cell: str, path: str) -> Passes:
    """The passes of a cell on a path, "kernel" or a normalisation by autograd.

    Those of a cell that was never measured there take the most that any of the others takes.
    """
    cells = PASSES[path]
    if cell in cells:
        return cells[cell]
    score, train = zip(*cells.values(), strict=True)
    return Passes(Pass(*_largest(score)), Pass(*_largest(train)))


def held_by(cell: str, path: str) -> Held:
    """The numbers that a cell keeps on a path, or else the most that any of the others keeps."""
    cells = HELD[path]
    return cells[cell] if cell in cells else Held(*_largest(cells.values()))


def drawing_of(task: str) -> Drawing:
    """The drawing of a task, or else the most that any of the others takes."""
    return TASKS[task] if task in TASKS else Drawing(*_largest(TASKS.values()))


def _largest(measured: Iterable[tuple[float, ...]]) -> Iterator[float]:
    """The largest of the first numbers of the tuples, of the second, and so on."""
    return map(max, zip(*measured, strict=True))
