"""What acts on the gradient: clipping by value, truncation, Ω, batch norm, overflow."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from models.experiment import Experiment
from models.experiment.partition import Shard
from models.population.evaluation import gradient_profile, score, set_profile_batches
from models.population.population import Pass
from models.service.questions import ask
from models.training.optimiser import clip, gradient_norm, is_clipped
from models.training.population_trainer import PopulationTrainer, StepRecord
from models.training.regularisation import omega
from models.training.train import train
from tests.models.training.small import CPU, SMALL, small, table, trainer_of


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Computations this small are fastest on one thread."""
    torch.set_num_threads(1)


def train_for(trainer: PopulationTrainer, steps: int) -> list[StepRecord]:
    return [trainer.train_step() for _ in range(steps)]


def trained_table(name: str, **settings: object) -> pd.DataFrame:
    """A table of four steps of training, each with an evaluation."""
    experiment = small(**{"steps": 4, "evaluate_every": 1, **settings})
    return table(train(experiment), name)


@pytest.mark.parametrize(
    "settings",
    [
        {"clip": 0.02, "clip_by": "value"},
        {"truncate": 4},
        {"truncate": 4, "cells": ["lstm:norm=layer"]},
        {"cells": ["rnn:omega=2"]},
        {"cells": ["rnn:omega=2"], "truncate": 4, "clip": 0.02, "clip_by": "value"},
        {"cells": ["gru:norm=batch"]},
    ],
    ids=str,
)
def test_a_population_of_many_is_as_many_populations_of_one_to_the_bit(
    settings: dict[str, Any],
) -> None:
    together = trainer_of(**settings)
    norms = [record.gradient_norm for record in train_for(together, 5)]
    for index, model in enumerate(together.models):
        shard = Shard(together.shard.cell, (model,))
        alone = PopulationTrainer(together.experiment, shard, CPU)
        own = [record.gradient_norm for record in train_for(alone, 5)]
        assert torch.equal(alone.parameters[0], together.parameters[index])
        assert [float(one[index]) for one in norms] == [float(one[0]) for one in own]


# Clipping by value.


def gradient_of_a_step(
    trainer: PopulationTrainer, monkeypatch: pytest.MonkeyPatch
) -> tuple[Tensor, Tensor]:
    """The gradient that the optimiser gets in one step, and which models' was clipped."""
    gradients = []
    step = trainer.optimiser.step

    def record(gradient: Tensor, frozen: Tensor) -> None:
        gradients.append(gradient.clone())
        step(gradient, frozen)

    monkeypatch.setattr(trainer.optimiser, "step", record)
    clipped = trainer.train_step().clipped
    return gradients[0], clipped


def test_clipping_by_value_cuts_each_number_and_says_of_which_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, _ = gradient_of_a_step(trainer_of(clip=0.0), monkeypatch)
    largest = whole.abs().amax(dim=1)
    limit = float(largest.sort().values[1:3].mean())  # between those of the four models
    cut, clipped = gradient_of_a_step(trainer_of(clip=limit, clip_by="value"), monkeypatch)
    torch.testing.assert_close(cut, whole.clamp(-limit, limit))
    assert torch.equal(clipped, largest > limit)
    assert clipped.sum() == 2


def test_clipping_by_value_is_not_by_norm() -> None:
    gradient = torch.tensor([[3.0, -0.5], [0.4, 0.4]])
    norm = gradient_norm(gradient)
    by_value = clip(gradient, norm, 0.5, "value")
    assert torch.equal(by_value, torch.tensor([[0.5, -0.5], [0.4, 0.4]]))
    assert is_clipped(gradient, norm, 0.5, "value").tolist() == [True, False]
    assert is_clipped(gradient, norm, 0.5, "norm").tolist() == [True, True]
    assert not is_clipped(gradient, norm, 0.0, "value").any()
    assert torch.equal(clip(gradient, norm, 0.0, "value"), gradient)


def test_the_column_clipped_is_about_elements_where_clipping_is_by_value() -> None:
    never = trained_table("training", clip=1e6, clip_by="value")
    always = trained_table("training", clip=1e-6, clip_by="value")
    assert not never["clipped"].any()
    assert always["clipped"].all()


# Truncation.


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "rnn:norm=layer", "lstm:norm=batch"])
def test_before_the_window_the_profile_is_exactly_zero(cell: str) -> None:
    trained = trainer_of(cells=[cell], truncate=4)
    whole = trainer_of(cells=[cell])
    seeds = [model.seed for model in trained.models]
    truncated, complete = (gradient_profile(one.population, seeds) for one in (trained, whole))
    for state, of_models in truncated.items():
        for own, all_the_way in zip(of_models, complete[state], strict=True):
            assert (own[:-4] == 0).all()
            assert (own[-4:-1] > 0).all()
            assert (all_the_way[:-1] > 0).all()
            np.testing.assert_allclose(own[-4:], all_the_way[-4:], rtol=1e-4)


@pytest.mark.parametrize("cell", ["rnn", "lstm:norm=layer"])
def test_a_truncated_gradient_trains_another_model_unless_the_window_holds_it_all(
    cell: str,
) -> None:
    whole, short, wide = (
        trainer_of(cells=[cell], truncate=truncate) for truncate in (0, 4, max(SMALL.lengths))
    )
    for one in (whole, short, wide):
        train_for(one, 3)
    torch.testing.assert_close(wide.parameters, whole.parameters)
    moved = (short.parameters - whole.parameters).abs().amax(dim=1)
    assert (moved > 1e-4).all()


# Ω.


def omega_of(trainer: PopulationTrainer) -> list[float]:
    """Ω of each model, on the sequences of the profiles."""
    population = trainer.population
    set_profile_batches(population, [model.seed for model in trainer.models])
    W_h, found = population.weights()[0].W_h.detach(), dict[int, float]()

    def look(model: int, passed: Pass) -> None:
        found[model] = float(omega(trainer.cell, W_h[model], passed)[0])

    population.differentiate(look=look)
    return [found[model] for model in range(len(trainer.models))]


def test_the_regulariser_brings_omega_down() -> None:
    settings = {"lengths": (30,), "hidden_size": 16, "batch_size": 16, "learning_rate": (0.005,)}
    without, regularised = trainer_of(**settings), trainer_of(**settings, cells=["rnn:omega=2"])
    at_first = omega_of(without)
    assert omega_of(regularised) == pytest.approx(at_first)
    for trainer in (without, regularised):
        train_for(trainer, 90)
    omegas = zip(at_first, omega_of(without), omega_of(regularised), strict=True)
    for before, after_without, after in omegas:
        assert after < before
        assert after < 0.6 * after_without


def test_without_weight_the_regulariser_does_nothing() -> None:
    without, with_little = trainer_of(), trainer_of(cells=["rnn:omega=0.000001"])
    for trainer in (without, with_little):
        train_for(trainer, 2)
    torch.testing.assert_close(without.parameters, with_little.parameters, rtol=1e-3, atol=1e-4)


# Batch norm.


@pytest.fixture(scope="module")
def normalised() -> PopulationTrainer:
    trained = trainer_of(cells=["rnn:norm=batch"], test_lengths=(10, 13, 25))
    train_for(trained, 3)
    return trained


def test_held_out_accuracy_is_by_running_statistics(normalised: PopulationTrainer) -> None:
    population, seeds = normalised.population, [model.seed for model in normalised.models]
    first, second = (score(population, seeds, "held_out", 3) for _ in range(2))
    assert np.array_equal(first.loss, second.loss)
    assert np.array_equal(first.accuracy, second.accuracy)
    set_profile_batches(population, seeds)
    running, batch, again = (
        population.score(statistics).loss for statistics in ("running", "batch", "running")
    )
    assert torch.equal(running, again)  # the batch's own statistics change no running ones
    assert ((running - batch).abs() > 1e-3).all()


def test_the_loss_of_a_sequence_does_not_depend_on_the_rest_of_its_batch(
    normalised: PopulationTrainer,
) -> None:
    population = normalised.population
    length = population.lengths[0]
    batch = normalised.task.sample(np.random.default_rng(0), SMALL.batch_size, length)
    population.set_batch(0, batch)
    in_its_batch = population.score().loss[0]
    losses = []
    for sequence in range(SMALL.batch_size):
        same = [batch.subset(sequence, 1)] * SMALL.batch_size
        alone = type(batch)(
            *(
                np.concatenate([getattr(one, name) for one in same], axis=-1)
                for name in ("inputs", "targets")
            )
        )
        population.set_batch(0, alone)
        losses.append(population.score().loss[0])
    torch.testing.assert_close(torch.stack(losses).mean(), in_its_batch)


def test_a_normalised_model_is_scored_at_other_lengths_by_what_it_has_learnt() -> None:
    settings = {"cells": ["lstm:norm=batch"], "test_lengths": (10, 13, 25)}
    rows = trained_table("generalisation", **settings)
    assert set(rows["test_length"]) == {10, 13, 25}
    assert np.isfinite(rows["loss"]).all()
    assert rows["accuracy"].between(0, 1).all()
    final = trained_table("accuracy", **settings).query("step == 4")
    same = rows[rows["length"] == rows["test_length"]].merge(final, on=["length", "seed"])
    assert list(same["loss_x"]) == pytest.approx(list(same["loss_y"]))


# Overflow.


EXPLOSIVE = {"cells": ["rnn:activation=relu,gain=3"], "lengths": (10, 200), "hidden_size": 32}


def test_a_model_that_overflows_is_recorded_with_when_and_where_and_the_others_go_on() -> None:
    experiment = small(**EXPLOSIVE, seeds=1, clip=0.0, steps=3, evaluate_every=1)
    tables = [one.tables for one in train(experiment)]
    accuracy = pd.concat([table["accuracy"] for table in tables])
    diagnostics = pd.concat([table["diagnostics"] for table in tables])
    healthy, sick = (accuracy[accuracy["length"] == length] for length in (10, 200))
    assert not healthy["diverged"].any()
    overflows = diagnostics[diagnostics["diagnostic"].str.startswith("overflow")]
    begins = sick.loc[sick["diverged"], "step"].min()
    assert sick.loc[sick["step"] >= begins, "diverged"].all()
    assert (overflows["length"] == 200).all()
    assert (overflows["step"] == begins).all()
    found = overflows.set_index("diagnostic")["value"]
    # The state doubles on its way forward until float32 ends; back from the loss nothing is left.
    assert set(found.index) == {"overflow_state_t", "overflow_gradient_t"}
    assert 70 < found["overflow_state_t"] < 200
    assert found["overflow_gradient_t"] == 200
    losses = pd.concat([table["training"] for table in tables if "training" in table])
    assert list(losses.loc[losses["length"] == 10, "step"]) == [1, 2, 3]
    assert list(losses.loc[losses["length"] == 200, "step"]) == list(range(1, begins + 1))
    assert healthy["loss"].nunique() == 4


def test_diagnostics_of_states_that_are_not_finite_are_nan_but_those_of_the_weights() -> None:
    rows = trained_table("diagnostics", **EXPLOSIVE, seeds=1, steps=0).query("length == 200")
    found = rows.set_index("diagnostic")["value"]
    assert found["spectral_radius"] == pytest.approx(3)
    for name in ("lyapunov_exponent", "half_life_theory", "half_life_h", "saturation_h"):
        assert np.isnan(found[name]), name


# At initialisation, temporal order, H = 32: LITERATURE 4.3.


def test_the_initial_gradient_of_the_rnn_vanishes_with_length_and_that_of_chrono_does_not() -> None:
    experiment = Experiment(
        cells=("rnn", "gru:bias=chrono"), lengths=(20, 50, 100, 200), hidden_size=32
    )
    answer: Any = ask("at_initialisation", {"experiment": asdict(experiment)})
    ratio = {
        (profile["cell"], profile["length"]): profile["norms"][0] / profile["norms"][-1]
        for profile in answer["profiles"]
    }
    vanishing = [ratio["rnn", length] for length in experiment.lengths]
    for shorter, longer in pairwise(vanishing):
        assert longer < shorter / 30
    assert vanishing[-1] < 1e-6 * vanishing[0]
    level = [ratio["gru:bias=chrono", length] for length in experiment.lengths]
    assert all(1 / 30 < one < 30 for one in level), level
