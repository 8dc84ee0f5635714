"""What a population of an experiment does, counted, and how long each part of it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from models.cells import make_cell
from models.experiment import Experiment
from models.experiment.cost import coefficients as known
from models.experiment.cost.coefficients import Held, Pass, Passes
from models.experiment.partition import Shard
from models.tasks import make_task

MICRO, NANO = 1e-6, 1e-9


@dataclass(frozen=True)
class Work:
    """Seconds on the machine of the coefficients, apart by what bounds them."""

    overhead: float = 0.0
    arithmetic: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(self.overhead + other.overhead, self.arithmetic + other.arithmetic)

    def __mul__(self, times: float) -> Work:
        return Work(self.overhead * times, self.arithmetic * times)


class PopulationWork:
    """Work of one population whose models' lengths are ``lengths``, by default its own."""

    def __init__(
        self, experiment: Experiment, part: Shard, lengths: Sequence[int] | None = None
    ) -> None:
        self.experiment, self.part = experiment, part
        self.cell, self.task = make_cell(part.cell), make_task(experiment.task)
        self.lengths = [model.length for model in part.models] if lengths is None else lengths
        self.hidden = experiment.hidden_sizes()[part.cell]
        self.parameters = experiment.parameter_count(part.cell, self.hidden)
        self.models, self.sequences = len(self.lengths), experiment.batch_size
        steps = [self.task.steps(length) for length in self.lengths]
        self.steps, self.rows = max(steps), sum(steps)
        self.by_length = sorted(set(steps))
        """Time steps of each length: the diagnostics look at one length after the other."""

    def training(self) -> Work:
        """From initialisation to the last measurement."""
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
        update = known.UPDATE
        work = self.drawing(self.sequences) + self.setting() + self.through_time(self.passes.train)
        work += Work(update.call * MICRO, self.models * self.parameters * update.parameter * NANO)
        return work + self.regulariser()

    def evaluation(self) -> Work:
        """What every evaluation measures, at initialisation and at the end as well."""
        chunks = -(-self.experiment.held_out // self.sequences)
        splits = 2 if len(self.experiment.learning_rate) > 1 else 1
        profile = (
            self.drawing(self.sequences) + self.setting() + self.through_time(self.passes.train)
        )
        tables = known.TABLES
        per_step = (
            tables.call
            + self.models * tables.model
            + self.rows * len(self.cell.states) * (tables.row)
        )
        return profile + self.recurrence() + self.scoring(chunks) * splits + Work(per_step * MICRO)

    def scoring(self, chunks: int) -> Work:
        """On so many chunks of sequences that training never sees."""
        chunk = self.setting() + self.through_time(self.passes.score)
        return self.drawing(chunks * self.sequences) + chunk * chunks

    def through_time(self, coefficients: Pass) -> Work:
        """One pass of the population over its batches."""
        one = coefficients
        overhead = one.call + one.step * self.steps + one.row * self.rows
        arithmetic = self.rows * self.row_arithmetic(one) + self.readout()
        return Work(overhead * MICRO, arithmetic * NANO)

    def readout(self) -> float:
        """Nanoseconds."""
        read, outputs = known.READ, self.task.outputs
        targets = max(self.task.target_steps(length) for length in self.lengths)
        if targets == 1:
            return 0
        rows = sum(min(self.task.steps(length), targets) for length in self.lengths)
        numbers = read.output * outputs + read.hidden * self.hidden
        weights = read.weight * outputs * self.hidden
        return rows * (1e3 * read.row + numbers * self.sequences + weights)

    def row_arithmetic(self, one: Pass) -> float:
        """Nanoseconds of one model's time step."""
        B = self.sequences
        return one.element * self.hidden * B + self.parameters * (one.product * B + one.weight)

    def drawing(self, sequences: int) -> Work:
        """Sequences for every length and seed."""
        task, numbers = known.of_task(self.task.name), self.rows * self.fresh * sequences
        return Work(self.models * self.fresh * task.call * MICRO + numbers * task.number * NANO)

    @cached_property
    def fresh(self) -> float:
        """The share of models that do not see the sequences of another learning rate's model."""
        seeds = [model.seed for model in self.part.models]
        return len(set(zip(self.lengths, seeds, strict=True))) / self.models

    def setting(self) -> Work:
        """Giving each model its batch."""
        numbers = self.rows * self.sequences * self.task.inputs
        return Work(self.models * known.SETTING.call * MICRO, numbers * known.SETTING.number * NANO)

    def recurrence(self) -> Work:
        """Spectral radius, Lyapunov exponents, saturation and gates, length by length."""
        parts = zip(known.RECURRENCE, self.recurrence_parts(self.readable), strict=True)
        return sum((part * times for times, part in parts), Work())

    def recurrence_parts(self, readable: Passes) -> tuple[Work, ...]:
        """What each number of ``Recurrence`` counts."""
        look, back = readable
        steps = sum(self.by_length)
        column = back.element * self.hidden + back.product * self.parameters
        columns = self.rows * min(known.EXPONENT_SEQUENCES, self.sequences)
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
        """Of one sequence of each model, with autograd, length by length."""
        return Work(self.readable.train.step * sum(self.by_length) * MICRO)

    def influence(self) -> Work:
        """Both sides of a changed input at every lag."""
        lags = {round((self.steps - 1) ** (n / (known.LAGS - 1))) for n in range(known.LAGS)}
        side = self.setting() + self.through_time(self.passes.score)
        return (self.drawing(self.sequences) * (1 / self.fresh) + side * 2) * len(lags)

    def generalisation(self) -> Work:
        chunks = -(-self.experiment.held_out // self.sequences)
        work = Work()
        for other in self.tested:
            work += other.setting_up() + other.scoring(chunks)
        return work

    def setting_up(self) -> Work:
        """Parameters, buffers and every step's views into them."""
        one = known.SETTING_UP
        return Work(
            (one.call + one.step * self.steps + one.row * self.rows) * MICRO,
            one.parameter * self.models * self.parameters * NANO,
        )

    def regulariser(self) -> Work:
        """Pascanu's Ω, model by model."""
        if not getattr(self.cell, "omega", 0):
            return Work()
        one, numbers = known.OMEGA, self.rows * self.hidden * self.sequences
        return Work(
            self.models * one.call * MICRO,
            numbers * (one.element + one.product * self.hidden) * NANO,
        )

    @cached_property
    def tested(self) -> list[PopulationWork]:
        """The populations of the trained models at other lengths."""
        lengths = self.experiment.test_lengths
        return [PopulationWork(self.experiment, self.part, [n] * self.models) for n in lengths]

    @cached_property
    def passes(self) -> Passes:
        """In training and scoring."""
        return known.of_cell(self.cell.name, self.path)

    @cached_property
    def readable(self) -> Passes:
        """Of the cell's readable step, through which the diagnostics look."""
        path = self.cell.norm if self.path == "kernel" else self.path
        return known.of_cell(self.cell.name, path)

    @cached_property
    def path(self) -> str:
        """``kernel``, or the normalisation of a cell that runs with autograd."""
        kernel = self.cell.norm == "none" and self.cell.name in known.PASSES["kernel"]
        return "kernel" if kernel else self.cell.norm

    def held(self) -> float:
        """Bytes that the population keeps for good."""
        one, memory = self._held, known.MEMORY
        rows = self.rows + max((other.rows for other in self.tested), default=0)
        numbers = rows * self.sequences * (one.kept * self.hidden + self.task.inputs)
        steps = self.steps + max((other.steps for other in self.tested), default=0)
        return 4 * numbers + memory.step * steps + memory.parameter * self.models * self.parameters

    def passing(self) -> float:
        """Bytes that it needs for a while: graphs, trajectories, held-out sequences."""
        chunks = -(-self.experiment.held_out // self.sequences)
        longest = [self.rows, *(other.rows for other in self.tested)]
        drawn = max(longest) * chunks * self.sequences * self.task.inputs
        graph = 4 * self.rows * self.sequences * self.hidden * self._held.passing
        if self.path != "kernel":
            graph += known.MEMORY.graph * self.models * self.parameters
        return graph + known.MEMORY.drawn * drawn * self.fresh

    @cached_property
    def _held(self) -> Held:
        return known.held_by(self.cell.name, self.path)
