"""How long the parts of a training take and what they keep, as measured.

    python -m tests.benchmarks.cost --fit

measures all of this anew and prints it. On: AMD EPYC, 2 cores, 8 MiB L3, torch 2.13; one thread,
beside other work on both cores. STARTING, and of MEMORY ``process``, ``parameter`` and ``graph``,
are from a few runs by hand, not from the whole grid. Where a name does not say otherwise, ``call``,
``step``, ``row`` and ``model`` are microseconds, the others nanoseconds. A row is one model at one
time step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Pass(NamedTuple):
    """A population's way through time, H·B, P·B and P being counted for every row."""

    call: float
    step: float
    """Per time step of the longest sequence: its calls, however many models are active."""
    row: float
    element: float
    """Per number of a hidden state: H·B of them."""
    product: float
    """Per parameter and sequence: P·B of them."""
    weight: float
    """Per parameter: P of them."""


class Passes(NamedTuple):
    """Without gradients, and with back-propagation through time."""

    score: Pass
    train: Pass


class Update(NamedTuple):
    """Clipping, Adam, and what is noted of an optimiser step."""

    call: float
    parameter: float


class Setting(NamedTuple):
    """A model is given its batch."""

    call: float
    number: float


class Read(NamedTuple):
    """The readout, where it reads more than the last step; per row that it reads."""

    row: float
    output: float
    """Per output and sequence."""
    hidden: float
    """Per number of a hidden state: H·B of them."""
    weight: float
    """Per weight of the readout."""


class Omega(NamedTuple):
    """The regulariser of one model."""

    call: float
    element: float
    product: float


class SettingUp(NamedTuple):
    """A population is made."""

    call: float
    step: float
    row: float
    parameter: float


class Drawing(NamedTuple):
    """A task draws sequences of one length; ``number`` is per time step and sequence."""

    call: float
    number: float


class Recurrence(NamedTuple):
    """Diagnostics of the recurrence; without a unit, as multiples of the cell's readable passes."""

    trajectory: float
    """Passes without gradients."""
    jacobians: float
    """Steps with gradients, for each lot of time steps that is looked at in one go."""
    columns: float
    """Arithmetic of a way with gradients, per column of a Jacobian."""
    step: float
    """Microseconds per time step of each length."""
    model: float
    radius: float
    """Nanoseconds per H³."""


class Tables(NamedTuple):
    """The rows of the result tables, each evaluation; ``row`` is per state as well."""

    call: float
    model: float
    row: float


class Held(NamedTuple):
    """Numbers that a population keeps, per row and number of a hidden state: H·B of them."""

    kept: float
    """As long as it trains."""
    passing: float
    """For a while more: graphs and trajectories."""


class Memory(NamedTuple):
    """Bytes."""

    trainer: float
    """The warm process, before anything is trained."""
    process: float
    """What each training process takes for itself, whatever it trains."""
    step: float
    """Per time step of the longest sequence: its views."""
    parameter: float
    """Per parameter of a population: with its gradients, Adam's means and copies."""
    graph: float
    """Per parameter as well, for a while, where autograd goes through every step."""
    drawn: float
    """Per number of the held-out sequences."""


OVERHEAD_PROBE = 0.00371
ARITHMETIC_PROBE = 0.0036

PASSES = {
    "kernel": {
        "rnn": Passes(
            Pass(1150, 17.2, 1.09, 4.77, 0.0332, 1.57),
            Pass(2100, 46.1, 0.721, 7.25, 0.123, 3.45),
        ),
        "lstm": Passes(
            Pass(1190, 51.3, 0.822, 16.8, 0.0438, 1.65),
            Pass(2120, 129, 1.67, 21.1, 0.162, 3.91),
        ),
        "gru": Passes(
            Pass(1100, 44, 0.0164, 11.9, 0.0404, 1.81),
            Pass(2350, 118, 0, 18.2, 0.146, 4.69),
        ),
    },
    "none": {
        "rnn": Passes(
            Pass(1050, 143, 1.88, 8.38, 0.0418, 1.61),
            Pass(1850, 425, 3.49, 13.6, 0.133, 6.36),
        ),
        "lstm": Passes(
            Pass(970, 206, 4.42, 23.7, 0.0577, 1.83),
            Pass(1320, 667, 8.7, 36.2, 0.185, 6.83),
        ),
        "gru": Passes(
            Pass(1020, 301, 3.29, 18.1, 0.0455, 1.94),
            Pass(1490, 799, 11.9, 31.2, 0.174, 6.87),
        ),
    },
    "layer": {
        "rnn": Passes(
            Pass(1090, 229, 4.38, 24.8, 0.00038, 1.48),
            Pass(1900, 724, 7.63, 36.4, 0.108, 6.27),
        ),
        "lstm": Passes(
            Pass(1590, 461, 15, 140, 0.0148, 2.2),
            Pass(1570, 1680, 26.2, 227, 0.0877, 9.4),
        ),
        "gru": Passes(
            Pass(1270, 711, 17.8, 113, 0.00273, 1.4),
            Pass(1190, 2280, 20.5, 177, 0.0892, 8.02),
        ),
    },
    "batch": {
        "rnn": Passes(
            Pass(1390, 338, 7.51, 30.7, 0.0208, 5.58),
            Pass(1790, 1210, 18.1, 41.5, 0.165, 11),
        ),
        "lstm": Passes(
            Pass(1560, 479, 23.4, 133, 0.00339, 5.85),
            Pass(2300, 1790, 42.2, 209, 0.133, 12.5),
        ),
        "gru": Passes(
            Pass(1430, 732, 18.8, 89.4, 0.0323, 6.22),
            Pass(1230, 2480, 40, 144, 0.165, 12.5),
        ),
    },
}
STARTING = 580_000
"""What a process takes longer, the first time that it measures."""
UPDATE = Update(290, 10.6)
SETTING = Setting(40, 0.788)
READ = Read(6.83, 79.9, 6.04, 0)
OMEGA = Omega(596, 17.9, 0.116)
SETTING_UP = SettingUp(2060, 43.6, 34.8, 153)
TASKS = {
    "temporal_order": Drawing(235, 11.4),
    "adding": Drawing(169, 6.32),
    "copy": Drawing(137, 12.8),
    "recall": Drawing(151, 15.4),
    "digits": Drawing(172, 2.17),
}
RECURRENCE = Recurrence(1.73, 0.699, 0.858, 195, 268, 11.3)
TABLES = Tables(16000, 0, 18.9)
HELD = {
    "kernel": {
        "rnn": Held(3, 4.07),
        "lstm": Held(9, 0),
        "gru": Held(7, 0),
    },
    "none": {
        "rnn": Held(2, 12),
        "lstm": Held(4, 14.4),
        "gru": Held(2, 8.93),
    },
    "layer": {
        "rnn": Held(2, 17),
        "lstm": Held(4, 53.7),
        "gru": Held(2, 29.9),
    },
    "batch": {
        "rnn": Held(2, 5.7),
        "lstm": Held(4, 22),
        "gru": Held(2, 15.9),
    },
}
MEMORY = Memory(329e6, 60e6, 51_300, 120, 440, 23.7)

JACOBIAN_BUDGET = 2**18
"""``models.diagnostics.jacobian.BUDGET``, which cannot be imported without torch."""
LAGS = 16
"""``models.diagnostics.measure.MOST_LAGS``, likewise."""


def of_cell(cell: str, path: str) -> Passes:
    """On a path; of a cell never measured there, the most that any of the others takes."""
    cells = PASSES[path]
    if cell in cells:
        return cells[cell]
    score, train = zip(*cells.values(), strict=True)
    return Passes(Pass(*_most(score)), Pass(*_most(train)))


def held_by(cell: str, path: str) -> Held:
    """On a path; likewise."""
    cells = HELD[path]
    return cells[cell] if cell in cells else Held(*_most(cells.values()))


def of_task(task: str) -> Drawing:
    """Of a task never measured, the most that any of the others takes."""
    return TASKS[task] if task in TASKS else Drawing(*_most(TASKS.values()))


def _most(known: Iterable[tuple[float, ...]]) -> Iterator[float]:
    return map(max, zip(*known, strict=True))
