"""How long the parts of a training take and what they keep, as measured.

    python -m tests.benchmarks.cost --fit

measures all of this anew and prints it. On: AMD EPYC, 2 cores, 8 MiB L3, torch 2.13; one thread,
nothing beside it. Of MEMORY, ``parameter`` and ``graph`` are from a few runs by hand: the grid
tells only their sum. Where a name does not say otherwise, ``call``, ``step``, ``row`` and ``model``
are microseconds, the others nanoseconds. A row is one model at one time step.
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
    pulls: float
    """Steps with gradients."""
    columns: float
    """Arithmetic of a way with gradients, in float64, of a few sequences."""
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


OVERHEAD_PROBE = 0.00144
ARITHMETIC_PROBE = 0.00161

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
STARTING = 732_000
"""What a process takes longer, the first time that it measures."""
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
MEMORY = Memory(365e6, 84e6, 37_000, 120, 440, 25.3)

EXPONENT_SEQUENCES = 8
"""``models.diagnostics.jacobian.SEQUENCES``, which cannot be imported without torch."""
LAGS = 16
"""``models.diagnostics.measure.MAX_LAGS``, likewise."""


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
