"""The work of a population, counted, and the time that each stage of it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from models.cells import make_cell
from models.experiment import Experiment
from models.experiment.cost.coefficients import (
    EXPONENT_SEQUENCES,
    LAGS,
    MEMORY,
    OMEGA,
    PASSES,
    READ,
    RECURRENCE,
    SETTING,
    SETTING_UP,
    TABLES,
    UPDATE,
    Held,
    Pass,
    Passes,
    drawing_of,
    held_by,
    passes_of,
)
from models.experiment.partition import Shard
from models.tasks import make_task

MICRO, NANO = 1e-6, 1e-9
"""The seconds of a microsecond and of a nanosecond."""


@dataclass(frozen=True)
class Work:
    """The time of some work on the machine of the coefficients, by what bounds it."""

    overhead: float = 0.0
    """The seconds of calls, which hardly depend on the size of the arrays."""
    arithmetic: float = 0.0
    """The seconds of floating-point operations."""

    def __add__(self, other: Work) -> Work:
        return Work(self.overhead + other.overhead, self.arithmetic + other.arithmetic)

    def __mul__(self, times: float) -> Work:
        return Work(self.overhead * times, self.arithmetic * times)


class PopulationWork:
    """The work of the population of a shard, at the lengths of its models or at others."""

    def __init__(
        self, experiment: Experiment, shard: Shard, lengths: Sequence[int] | None = None
    ) -> None:
        self.experiment, self.shard = experiment, shard
        self.cell, self.task = make_cell(shard.cell), make_task(experiment.task)
        self.lengths = [model.length for model in shard.models] if lengths is None else lengths
        self.hidden = experiment.hidden_sizes()[shard.cell]
        self.parameters = experiment.parameter_count(shard.cell, self.hidden)
        self.models, self.sequences = len(self.lengths), experiment.batch_size
        steps = [self.task.steps(length) for length in self.lengths]
        self.steps, self.rows = max(steps), sum(steps)
        self.by_length = sorted(set(steps))
        """The time steps of each length, which diagnostics look at one after the other."""

    def training(self) -> Work:
        """All work from initialisation to the last measurement."""
        steps, every = self.experiment.steps, self.experiment.evaluate_every
        evaluations = 1 + -(-steps // every)
        return (
            self.setting_up()
            + self.optimiser_step() * steps
            + self.evaluation() * evaluations
            + self.connectivity() * 2
            + self.influence()
            + self.generalisation()
        )

    def optimiser_step(self) -> Work:
        """Drawing and setting batches, a pass with gradients, and the update of the parameters."""
        work = self.drawing(self.sequences) + self.setting() + self.through_time(self.passes.train)
        work += Work(UPDATE.call * MICRO, self.models * self.parameters * UPDATE.parameter * NANO)
        return work + self.regulariser()

    def evaluation(self) -> Work:
        """All that an evaluation measures, at initialisation, in training or at the end."""
        chunks = -(-self.experiment.held_out // self.sequences)
        splits = 2 if len(self.experiment.learning_rate) > 1 else 1
        profile = (
            self.drawing(self.sequences) + self.setting() + self.through_time(self.passes.train)
        )
        tables = TABLES.call + self.models * TABLES.model
        tables += self.rows * len(self.cell.states) * TABLES.row
        return profile + self.recurrence() + self.scoring(chunks) * splits + Work(tables * MICRO)

    def scoring(self, chunks: int) -> Work:
        """Scoring on so many chunks of B sequences that training never sees."""
        chunk = self.setting() + self.through_time(self.passes.score)
        return self.drawing(chunks * self.sequences) + chunk * chunks

    def through_time(self, coefficients: Pass) -> Work:
        """One pass of the population over its batches."""
        one = coefficients
        overhead = one.call + one.step * self.steps + one.row * self.rows
        arithmetic = self.rows * self.row_arithmetic(one) + self.readout()
        return Work(overhead * MICRO, arithmetic * NANO)

    def readout(self) -> float:
        """The nanoseconds of the readout in one pass."""
        outputs = self.task.outputs
        targets = max(self.task.target_steps(length) for length in self.lengths)
        if targets == 1:
            return 0
        rows = sum(min(self.task.steps(length), targets) for length in self.lengths)
        numbers = READ.output * outputs + READ.hidden * self.hidden
        weights = READ.weight * outputs * self.hidden
        return rows * (1e3 * READ.row + numbers * self.sequences + weights)

    def row_arithmetic(self, one: Pass) -> float:
        """The nanoseconds of one model's time step."""
        B = self.sequences
        return one.element * self.hidden * B + self.parameters * (one.product * B + one.weight)

    def drawing(self, sequences: int) -> Work:
        """Drawing so many sequences for every length and seed."""
        task, numbers = drawing_of(self.task.name), self.rows * self.fresh * sequences
        return Work(self.models * self.fresh * task.call * MICRO + numbers * task.number * NANO)

    @cached_property
    def fresh(self) -> float:
        """The share of models that do not read the sequences of another learning rate's model."""
        seeds = [model.seed for model in self.shard.models]
        return len(set(zip(self.lengths, seeds, strict=True))) / self.models

    def setting(self) -> Work:
        """Giving each model its batch."""
        numbers = self.rows * self.sequences * self.task.inputs
        return Work(self.models * SETTING.call * MICRO, numbers * SETTING.number * NANO)

    def recurrence(self) -> Work:
        """Spectral radius, Lyapunov exponents, saturation and gates, length by length."""
        counted = zip(RECURRENCE, self.recurrence_counts(self.readable), strict=True)
        return sum((work * times for times, work in counted), Work())

    def recurrence_counts(self, readable: Passes) -> tuple[Work, ...]:
        """The work of which each number of ``Recurrence`` is the multiple."""
        look, back = readable
        steps = sum(self.by_length)
        column = back.element * self.hidden + back.product * self.parameters
        columns = self.rows * min(EXPONENT_SEQUENCES, self.sequences)
        return (
            Work(
                (look.step * steps + look.row * self.rows) * MICRO,
                self.rows * self.row_arithmetic(look) * NANO,
            ),
            Work(back.step * steps * MICRO),
            Work(0, columns * column * NANO),
            Work(steps * MICRO),
            Work(self.models * MICRO),
            Work(0, self.models * self.hidden**3 * NANO),
        )

    def connectivity(self) -> Work:
        """Connectivity of one sequence of each model, with autograd, length by length."""
        return Work(self.readable.train.step * sum(self.by_length) * MICRO)

    def influence(self) -> Work:
        """Influence: passes over both sides of a changed input at every lag."""
        lags = {round((self.steps - 1) ** (n / (LAGS - 1))) for n in range(LAGS)}
        side = self.setting() + self.through_time(self.passes.score)
        return (self.drawing(self.sequences) * (1 / self.fresh) + side * 2) * len(lags)

    def generalisation(self) -> Work:
        """Scoring the trained models at other lengths."""
        chunks = -(-self.experiment.held_out // self.sequences)
        work = Work()
        for other in self.tested:
            work += other.setting_up() + other.scoring(chunks)
        return work

    def setting_up(self) -> Work:
        """Making parameters, buffers and every step's views into them."""
        one = SETTING_UP
        return Work(
            (one.call + one.step * self.steps + one.row * self.rows) * MICRO,
            one.parameter * self.models * self.parameters * NANO,
        )

    def regulariser(self) -> Work:
        """Pascanu's Ω, model by model."""
        if not getattr(self.cell, "omega", 0):
            return Work()
        one, numbers = OMEGA, self.rows * self.hidden * self.sequences
        return Work(
            self.models * one.call * MICRO,
            numbers * (one.element + one.product * self.hidden) * NANO,
        )

    @cached_property
    def tested(self) -> list[PopulationWork]:
        """The populations of the trained models at other lengths."""
        lengths = self.experiment.test_lengths
        return [PopulationWork(self.experiment, self.shard, [n] * self.models) for n in lengths]

    @cached_property
    def passes(self) -> Passes:
        """The passes of training and scoring."""
        return passes_of(self.cell.name, self.path)

    @cached_property
    def readable(self) -> Passes:
        """The passes of the cell's readable step, by which diagnostics measure."""
        path = self.cell.norm if self.path == "kernel" else self.path
        return passes_of(self.cell.name, path)

    @cached_property
    def path(self) -> str:
        """``kernel``, or the normalisation of a cell that runs with autograd."""
        kernel = self.cell.norm == "none" and self.cell.name in PASSES["kernel"]
        return "kernel" if kernel else self.cell.norm

    def held(self) -> float:
        """The bytes that the population keeps as long as it trains."""
        rows = self.rows + max((other.rows for other in self.tested), default=0)
        numbers = rows * self.sequences * (self._held.kept * self.hidden + self.task.inputs)
        steps = self.steps + max((other.steps for other in self.tested), default=0)
        return 4 * numbers + MEMORY.step * steps + MEMORY.parameter * self.models * self.parameters

    def passing(self) -> float:
        """The bytes that it needs for a while: graphs, trajectories, held-out sequences."""
        chunks = -(-self.experiment.held_out // self.sequences)
        longest = [self.rows, *(other.rows for other in self.tested)]
        drawn = max(longest) * chunks * self.sequences * self.task.inputs
        graph = 4 * self.rows * self.sequences * self.hidden * self._held.passing
        if self.path != "kernel":
            graph += MEMORY.graph * self.models * self.parameters
        return graph + MEMORY.drawn * drawn * self.fresh

    @cached_property
    def _held(self) -> Held:
        return held_by(self.cell.name, self.path)
