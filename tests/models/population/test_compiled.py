"""The compiled population against the readable one, and that its models do not meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor

from models.cells import CELLS, make_cell
from models.cells.rnn import RNN
from models.experiment.partition import ModelKey
from models.kernels.batch_norm import Statistics
from models.kernels.threads import Threads
from models.population.compiled import CompiledPopulation
from models.population.make import make_population
from models.population.population import Pass, Population, initial_parameters
from models.population.readable import ReadablePopulation
from models.tasks import TASKS, make_task

HIDDEN, SEQUENCES = 6, 5
TASK_SPECS = [
    *TASKS,
    *(
        f"{name}:targets=every"
        for name, task in TASKS.items()
        if any(option.name == "targets" for option in task.options)
    ),
]
CELL_SPECS = [
    *("rnn", "rnn:activation=relu", "lstm", "gru"),
    *(f"{cell}:norm={norm}" for cell in ("rnn", "lstm", "gru") for norm in ("layer", "batch")),
]
LEARNT_AND_OWN: tuple[Statistics, Statistics] = ("running", "batch")
TOLERANCE = {torch.float64: 1e-10, torch.float32: 2e-4}
"""Of the largest number, where that is above 1. In single precision: of rounding, and of a rational
tanh, which normalisation over few numbers makes larger."""

P = TypeVar("P", CompiledPopulation, ReadablePopulation)


def lengths_for(task: str) -> list[int]:
    """Ragged, and two of the same."""
    least = make_task(task).minimum_length
    return [least + 5, least + 2, least + 2, least]


def made(
    kind: type[P],
    cell_spec: str,
    task_spec: str = "temporal_order",
    dtype: torch.dtype = torch.float64,
    lengths: Sequence[int] | None = None,
    truncate: int = 0,
) -> P:
    """Models of ragged lengths, each with the sequences of its seed."""
    cell, task = make_cell(cell_spec), make_task(task_spec)
    lengths = lengths or lengths_for(task_spec)
    models = [ModelKey(length, seed, 0.01) for seed, length in enumerate(lengths_for(task_spec))]
    parameters = initial_parameters(cell, task, models, HIDDEN, torch.device("cpu"))
    parameters = parameters.detach().to(dtype).requires_grad_()
    population = kind(cell, task, lengths, HIDDEN, SEQUENCES, parameters, truncate)
    give_batches(population, seed=0)
    return population


def give_batches(population: Population, seed: int) -> None:
    for model, length in enumerate(population.lengths):
        source = np.random.default_rng((seed, model))
        population.set_batch(model, population.task.sample(source, SEQUENCES, length))


def both(
    cell: str,
    task: str = "temporal_order",
    dtype: torch.dtype = torch.float64,
    truncate: int = 0,
) -> tuple[CompiledPopulation, ReadablePopulation]:
    return (
        made(CompiledPopulation, cell, task, dtype, truncate=truncate),
        made(ReadablePopulation, cell, task, dtype, truncate=truncate),
    )


def assert_close(ours: Tensor, theirs: Tensor) -> None:
    allowed = TOLERANCE[ours.dtype] * max([1, *theirs.abs().flatten().tolist()])
    torch.testing.assert_close(ours, theirs, rtol=0, atol=allowed)


def assert_agree(ours: Population, theirs: Population, statistics: Statistics = "batch") -> None:
    """In everything that a forward pass and a way back return."""
    one, other = (each.score(statistics) for each in (ours, theirs))
    for name in vars(one):
        assert_close(getattr(one, name), getattr(other, name))
    for mine, reference in zip(ours.outputs(), theirs.outputs(), strict=True):
        assert_close(mine, reference)
    for last_step_only in (False, True):
        (outcome, gradient), (expected, right) = (
            each.differentiate(statistics, last_step_only) for each in (ours, theirs)
        )
        assert_close(outcome.loss, expected.loss)
        assert_close(outcome.accuracy, expected.accuracy)
        assert_close(gradient, right)
        assert gradient.abs().sum(dim=1).gt(0).all()


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("task", TASK_SPECS)
def test_it_agrees_with_the_readable_one_on_every_task(task: str, dtype: torch.dtype) -> None:
    assert_agree(*both("lstm", task, dtype))


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("task", ["temporal_order:targets=every", "adding"])
@pytest.mark.parametrize("cell", CELL_SPECS)
def test_every_cell_agrees_with_its_readable_step(cell: str, task: str, dtype: torch.dtype) -> None:
    assert_agree(*both(cell, task, dtype, truncate=3 if task == "adding" else 0))


@pytest.mark.parametrize("cell", CELL_SPECS)
def test_gradient_profiles_agree(cell: str) -> None:
    ours, theirs = (population.gradient_profile() for population in both(cell))
    assert set(ours) == set(theirs) == set(make_cell(cell).states)
    for state, profiles in ours.items():
        for mine, reference in zip(profiles, theirs[state], strict=True):
            assert_close(mine, reference)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_running_statistics_are_learnt_used_and_taken_to_other_lengths(cell: str) -> None:
    spec = f"{cell}:norm=batch"
    populations = both(spec)
    before = [population.score("running").loss for population in populations]
    assert_close(*before)
    for seed in range(3):
        for population in populations:
            give_batches(population, seed)
            population.differentiate("training")
    assert_agree(*populations, "running")
    learnt, own = (populations[0].score(kind).loss for kind in LEARNT_AND_OWN)
    assert ((learnt - own).abs() > 1e-6).all()
    lengths = [length + 4 for length in populations[0].lengths]
    elsewhere = (
        made(CompiledPopulation, spec, lengths=lengths),
        made(ReadablePopulation, spec, lengths=lengths),
    )
    elsewhere[0].copy_statistics(populations[0])
    elsewhere[1].copy_statistics(populations[1])
    assert_agree(*elsewhere, "running")
    again = made(CompiledPopulation, spec)
    give_batches(again, 2)
    again.load_statistics(populations[0].running_statistics())
    assert torch.equal(again.score("running").loss, populations[0].score("running").loss)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("cell", ["rnn", "lstm:norm=layer", "gru:norm=batch"])
def test_models_together_have_the_numbers_of_each_alone_to_the_bit(cell: str, threads: int) -> None:
    together = made(CompiledPopulation, cell, dtype=torch.float32)
    together.threads = Threads(threads)
    outcome, gradient = together.differentiate("training")
    for model, length in enumerate(together.lengths):
        own = together.parameters.detach()[[model]].requires_grad_()
        alone = CompiledPopulation(together.cell, together.task, [length], HIDDEN, SEQUENCES, own)
        source = np.random.default_rng((0, model))
        alone.set_batch(0, together.task.sample(source, SEQUENCES, length))
        by_itself, its_gradient = alone.differentiate("training")
        assert torch.equal(gradient[model], its_gradient[0])
        assert torch.equal(outcome.loss[model], by_itself.loss[0])
        assert torch.equal(together.outputs()[model], alone.outputs()[0])


@pytest.mark.parametrize("kind", [CompiledPopulation, ReadablePopulation])
def test_each_pass_is_looked_at_and_what_is_changed_there_is_kept(kind: type[P]) -> None:
    """As the regulariser Ω does."""
    population, seen = made(kind, "lstm"), dict[int, list[tuple[int, ...]]]()

    def look(model: int, passed: Pass) -> None:
        seen[model] = [tuple(passed.state(state).shape) for state in ("h", "c")]
        passed.gradient.fill_(model)

    _, gradient = population.differentiate(look=look, models=[1, 3])
    steps = population.steps
    assert seen == {model: [(steps[model], HIDDEN, SEQUENCES)] * 2 for model in (1, 3)}
    assert gradient[1].eq(1).all()
    assert gradient[3].eq(3).all()


def test_one_that_overflows_is_seen_and_leaves_the_others_alone() -> None:
    sick, healthy = (made(CompiledPopulation, "lstm", dtype=torch.float32) for _ in range(2))
    with torch.no_grad():
        sick.parameters[1] = 1e38
    (outcome, gradient), (expected, right) = (
        population.differentiate() for population in (sick, healthy)
    )
    others = [0, 2, 3]
    assert not (outcome.loss[1].isfinite() and gradient[1].isfinite().all())
    assert torch.equal(gradient[others], right[others])
    assert torch.equal(outcome.loss[others], expected.loss[others])


def test_a_cell_without_a_kernel_is_run_by_its_readable_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Elman(RNN):
        name = "elman"

    def kind_of(cell_spec: str) -> type[Population]:
        one = made(ReadablePopulation, "rnn")
        arguments = one.task, one.lengths, HIDDEN, SEQUENCES, one.parameters
        return type(make_population(make_cell(cell_spec), *arguments))

    monkeypatch.setitem(CELLS, "elman", Elman)
    assert kind_of("rnn") is CompiledPopulation
    assert kind_of("elman") is ReadablePopulation
    monkeypatch.setattr("models.kernels.version.find_spec", lambda _: None)
    assert kind_of("rnn") is ReadablePopulation
