"""The work of training a population, and the time that each stage of it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from models.experiment.cost.coefficients import (
    DIAGNOSTICS,
    OMEGA,
    PASSES,
    READ,
    SETTING,
    SETTING_UP,
    STARTING,
    TABLES,
    TASKS,
    UPDATE,
)
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.speed import Speed
from models.experiment.cost.stages import Diagnostics, Pass, Passes, known

EXPONENT_SEQUENCES = 8
"""The value of ``models.diagnostics.jacobian.SEQUENCES``, whose import would import torch."""
LAGS = 16
"""The value of ``models.diagnostics.measure.MAX_LAGS``, whose import would import torch."""
MICRO, NANO = 1e-6, 1e-9
"""The seconds of a microsecond and of a nanosecond."""


@dataclass(frozen=True)
class Work:
    """The wall time of some work on the machine of the coefficients, by what bounds it."""

    overhead: float = 0.0
    """The seconds of Python and its calls, which hardly depend on the size of the arrays."""
    arithmetic: float = 0.0
    """The seconds of floating-point operations; those of kernels as threads share them out."""

    def __add__(self, other: Work) -> Work:
        return Work(self.overhead + other.overhead, self.arithmetic + other.arithmetic)

    def __mul__(self, times: float) -> Work:
        return Work(self.overhead * times, self.arithmetic * times)

    def seconds(self, speed: Speed) -> float:
        """Returns the time on a machine of another speed."""
        return self.overhead / speed.overhead + self.arithmetic / speed.arithmetic


def starting(populations: int) -> Work:
    """Returns the work of a process to load the compiled kernels of so many populations."""
    return Work((STARTING.process + STARTING.kernel * populations) * MICRO)


class PopulationWork:
    """The work of a population whose models so many threads share out."""

    def __init__(self, sizes: PopulationSizes, threads: int = 1) -> None:
        self.sizes, self.threads = sizes, threads

    def training(self, done: int | None = None) -> Work:
        """All work from initialisation, or from so many steps on, to the last measurement."""
        experiment = self.sizes.experiment
        evaluations = -(-experiment.steps // experiment.evaluate_every)
        evaluations += 1 if done is None else -(done // experiment.evaluate_every)
        return (
            self.setting_up()
            + self.optimiser_step() * (experiment.steps - (done or 0))
            + self.evaluation() * evaluations
            + self.connectivity() * (2 if done is None else 1)
            + self.influence()
            + self.generalisation()
        )

    def optimiser_step(self) -> Work:
        """Drawing and setting batches, a pass with gradients, and the update of the parameters."""
        numbers = self.sizes.models * self.sizes.parameters
        update = Work(UPDATE.call * MICRO, numbers * UPDATE.parameter * NANO)
        return self.drawing(self.sizes.sequences) + self.setting() + self.train_pass() + update

    def evaluation(self) -> Work:
        """All that an evaluation measures, at initialisation, in training or at the end."""
        sizes = self.sizes
        splits = 2 if len(sizes.experiment.learning_rate) > 1 else 1
        tables = TABLES.call + sizes.models * TABLES.model
        tables += sizes.rows * len(sizes.cell.states) * TABLES.row
        profile = self.drawing(sizes.sequences) + self.setting() + self.train_pass(regular=False)
        return profile + self.recurrence() + self.scoring() * splits + Work(tables * MICRO)

    def scoring(self) -> Work:
        """Scoring on the sequences that training never sees."""
        chunks = self.sizes.chunks
        chunk = self.setting() + self.score_pass()
        return self.drawing(chunks * self.sizes.sequences) + chunk * chunks

    def score_pass(self) -> Work:
        """One pass of all models through their batches."""
        return self._through_time(self.passes.score)

    def train_pass(self, regular: bool = True) -> Work:
        """One pass through time and back; ``regular``: with the cell's regulariser Ω, if any."""
        regularised = regular and self.sizes.cell.omega
        return self._through_time(self.passes.train, OMEGA.call if regularised else 0)

    def _through_time(self, one: Pass, omega: float = 0) -> Work:
        """A pass; ``omega`` is the overhead of the regulariser per model, or 0 without it.

        What Python does for each model holds the interpreter's lock, so that threads take turns;
        kernels they do side by side.
        """
        sizes = self.sizes
        numbers = sizes.hidden * sizes.sequences
        step = 1e3 * one.row + one.element * numbers
        step += sizes.parameters * (one.product * sizes.sequences + one.weight)
        if omega:
            step += numbers * (OMEGA.element + OMEGA.product * sizes.hidden)
        kernels = self._shared([step * steps for steps in sizes.steps])
        overhead = one.call + (one.model + omega) * sizes.models
        return Work(overhead * MICRO, (kernels + self._reading()) * NANO)

    def _shared(self, models: Sequence[float]) -> float:
        """The time in which threads do the models, which take so long each."""
        return max(sum(models) / self.threads, *models)

    def _reading(self) -> float:
        """The nanoseconds of the readout and the loss in one pass, beyond those of one step."""
        sizes = self.sizes
        numbers = READ.output * sizes.task.outputs + READ.hidden * sizes.hidden
        steps = sum(sizes.targets) - sizes.models
        return steps * (1e3 * READ.row + numbers * sizes.sequences)

    def drawing(self, sequences: int) -> Work:
        """Drawing so many sequences for every length and seed."""
        sizes, one = self.sizes, known(TASKS, self.sizes.task.name)
        numbers = sizes.rows * sizes.fresh * sequences
        calls = sizes.models * sizes.fresh * one.call
        return Work(calls * MICRO, numbers * one.number * NANO)

    def setting(self) -> Work:
        """Giving each model its batch."""
        sizes = self.sizes
        numbers = sizes.rows * sizes.sequences * sizes.task.inputs
        return Work(sizes.models * SETTING.call * MICRO, numbers * SETTING.number * NANO)

    def recurrence(self) -> Work:
        """Spectral radius, Lyapunov exponents, saturation and gates, length by length."""
        one, counts = self.diagnostics, self.counts()
        overhead = one.length * counts.length + one.step * counts.step + one.model * counts.model
        arithmetic = (
            one.element * counts.element
            + one.product * counts.product
            + one.column * counts.column
            + one.radius * counts.radius
        )
        return Work(overhead * MICRO, arithmetic * NANO)

    def counts(self) -> Diagnostics:
        """How often each number of ``Diagnostics`` counts."""
        sizes = self.sizes
        exact = min(EXPONENT_SEQUENCES, sizes.sequences)
        return Diagnostics(
            length=len(sizes.by_length),
            step=sum(sizes.by_length),
            model=sizes.models,
            element=sizes.rows * sizes.hidden * sizes.sequences,
            product=sizes.rows * sizes.parameters * sizes.sequences,
            column=sizes.rows * sizes.parameters * exact,
            radius=sizes.models * sizes.hidden**3,
            connectivity=sum(sizes.by_length),
        )

    def connectivity(self) -> Work:
        """Connectivity of one sequence of each model, with autograd, length by length."""
        return Work(self.diagnostics.connectivity * self.counts().connectivity * MICRO)

    def influence(self) -> Work:
        """Influence: passes over both sides of a changed input at every lag."""
        sizes, longest = self.sizes, max(self.sizes.steps) - 1
        lags = {round(longest ** (n / (LAGS - 1))) for n in range(LAGS)}
        side = self.setting() + self.score_pass()
        return (self.drawing(sizes.sequences) * (1 / sizes.fresh) + side * 2) * len(lags)

    def generalisation(self) -> Work:
        """Scoring the trained models at other lengths."""
        others = (PopulationWork(sizes, self.threads) for sizes in self.sizes.tested)
        return sum((other.setting_up() + other.scoring() for other in others), Work())

    def setting_up(self) -> Work:
        """Making parameters, optimiser and buffers."""
        one, sizes = SETTING_UP, self.sizes
        numbers = sizes.models * sizes.parameters
        calls = one.call + one.model * sizes.models
        return Work(calls * MICRO, numbers * one.parameter * NANO)

    @cached_property
    def passes(self) -> Passes:
        """The passes of training and scoring."""
        return known(PASSES[self.sizes.cell.norm], self.sizes.cell.name)

    @cached_property
    def diagnostics(self) -> Diagnostics:
        """The diagnostics of the recurrence."""
        return known(DIAGNOSTICS[self.sizes.cell.norm], self.sizes.cell.name)
