"""The standalone script is the same run: the same training from the same weights and batches."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from models.cells import CELLS
from models.cells.cell import Weights
from models.experiment import Experiment
from models.experiment.partition import ModelKey, Shard
from models.experiment.random_streams import Stream, generator
from models.tasks import make_task
from models.training.population_trainer import PopulationTrainer
from tests.models.cells.test_cells import TORCH_ORDER
from tests.models.exchange.test_script import loaded, small, started

SPLITS = ("train", "validation", "held_out")


def as_in_the_script(cell: str, weights: Weights, readout: tuple[Any, Any]) -> dict[str, Any]:
    """The weights of a population of one, as the state of a script's model."""

    def rows(w: torch.Tensor) -> torch.Tensor:
        gates = CELLS[cell].gates
        blocks = dict(zip(gates, w[0].chunk(len(gates)), strict=True))
        return torch.cat([blocks[gate] for gate in TORCH_ORDER[cell]])

    second = torch.zeros_like(rows(weights.b))
    if weights.b_hn is not None:
        second[-len(weights.b_hn[0]) :] = weights.b_hn[0]
    V, b_V = (part[0] for part in readout)
    return {
        "network.weight_ih_l0": rows(weights.W_x),
        "network.weight_hh_l0": rows(weights.W_h),
        "network.bias_ih_l0": rows(weights.b).flatten(),
        "network.bias_hh_l0": second.flatten(),
        "readout.weight": V,
        "readout.bias": b_V.flatten(),
    }


Steps = list[tuple[float, float]]
"""Loss and gradient norm of each training step."""


def trained_here(experiment: Experiment) -> tuple[dict[str, Any], Steps, dict[str, Any]]:
    """The only model in float64: its weights at the start, its steps, its weights at the end."""
    (cell,), (length,) = experiment.cells, experiment.lengths
    model = ModelKey(length, experiment.first_seed, experiment.learning_rate[0])
    training = PopulationTrainer(experiment, Shard(cell, (model,)), torch.device("cpu"))
    training.parameters = training.parameters.detach().double().requires_grad_()
    rates = torch.tensor(experiment.learning_rate, dtype=torch.float64)
    training.optimiser.learning_rates = rates[:, None]

    def weights() -> dict[str, Any]:
        named, readout = training.population.weights()
        state = as_in_the_script(cell.partition(":")[0], named, readout)
        return {name: value.detach().clone() for name, value in state.items()}

    start = weights()
    records = [training.train_step() for _ in range(experiment.steps)]
    assert not training.diverged.any()
    steps = [(record.loss.item(), record.gradient_norm.item()) for record in records]
    return start, steps, weights()


def trained_by_script(experiment: Experiment, start: dict[str, Any]) -> tuple[Steps, Any]:
    """The same from the same weights and batches: its steps, and the model at the end."""
    scope, (length,) = loaded(experiment), experiment.lengths
    task = make_task(experiment.task)
    source = generator(experiment.first_seed, length, Stream.TRAINING)
    losses, squares = list[float](), list[float]()

    def sample(sequences: int, *_: object) -> tuple[torch.Tensor, torch.Tensor]:
        batch = task.sample(source, sequences, length)
        inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
        return inputs.permute(2, 0, 1).double(), targets.T.double() if value else targets.T

    def model(name: str) -> torch.nn.Module:
        made: torch.nn.Module = Script(name).double()
        made.load_state_dict(start)
        for parameter in made.parameters():
            parameter.register_post_accumulate_grad_hook(before_clipping)
        return made

    def before_clipping(parameter: torch.Tensor) -> None:
        assert parameter.grad is not None
        squares.append(parameter.grad.square().sum().item())

    def loss_of(*given: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = loss_here(*given)
        losses.append(loss.item())
        return loss

    value, Script, loss_here = task.loss == "squared_error", scope["Model"], scope["loss_of"]
    scope["sample"], scope["Model"], scope["loss_of"] = sample, model, loss_of
    (name,) = scope["CELLS"]
    end = scope["train"](name, length, experiment.first_seed)
    parameters = len(list(end.parameters()))
    norms = [
        math.sqrt(sum(squares[i : i + parameters])) for i in range(0, len(squares), parameters)
    ]
    return list(zip(losses, norms, strict=True)), end


@pytest.mark.parametrize(
    ("cell", "settings"),
    [
        *[(cell, {}) for cell in ("rnn", "lstm", "gru")],
        *[(f"{cell}:init=pytorch", {"clip": 0.0}) for cell in ("rnn", "lstm", "gru")],
        ("rnn:activation=relu", {"clip_by": "value", "clip": 0.02}),
        ("lstm:bias=1", {"truncate": 4, "clip": 0.001}),
        ("gru:gain=1.5", {"truncate": 4, "task": "temporal_order:targets=every"}),
        *[(cell, {"task": "adding:targets=every", "clip": 0.3}) for cell in ("lstm", "gru")],
        ("lstm", {"task": "copy", "lengths": (3,)}),
        ("rnn", {"optimiser": "adam:beta_2=0.99,epsilon=0.001", "schedule": "linear"}),
        ("lstm", {"optimiser": "rmsprop:decay=0.9,momentum=0.5", "clip": 0.0}),
        ("gru", {"optimiser": "sgd:nesterov=yes", "schedule": "cosine"}),
    ],
)
def test_from_the_same_weights_and_batches_it_trains_the_same_model(
    cell: str, settings: dict[str, Any]
) -> None:
    # A low learning rate: at a high one training is chaotic and multiplies what rounding differs.
    common = {"cells": (cell,), "lengths": (10,), "hidden_size": 6, "batch_size": 8}
    common |= {"learning_rate": (0.004,)}
    experiment = small(**{**common, "steps": 40, "device": "cpu", "first_seed": 3, **settings})
    start, expected, end = trained_here(experiment)
    steps, model = trained_by_script(experiment, start)
    assert len(steps) == experiment.steps
    found, wanted = (torch.tensor(values, dtype=torch.float64) for values in (steps, expected))
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=0)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, end[name], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_one_bias_starts_as_the_sum_of_two(cell: str) -> None:
    options = "init=pytorch" + (",bias=0" if cell != "rnn" else "")
    (merged,) = started((f"{cell}:{options}",)).values()
    torch.manual_seed(0)
    stock = type(merged)(merged.input_size, merged.hidden_size)
    both = stock.bias_ih_l0 + stock.bias_hh_l0
    if cell == "gru":  # the candidate has two
        last = slice(-merged.hidden_size, None)
        both[last] = stock.bias_ih_l0[last]
        torch.testing.assert_close(merged.bias_hh_l0[last], stock.bias_hh_l0[last])
    torch.testing.assert_close(merged.bias_ih_l0, both)


@pytest.mark.parametrize(("clip", "diverges"), [(1.0, False), (0.0, True)])
def test_a_gradient_whose_square_overflows_is_divergence_unless_it_is_clipped(
    clip: float, diverges: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    scope = loaded(small(cells=("rnn",), clip=clip))
    scope["loss_of"] = lambda outputs, _: 1e25 * outputs.sum()
    scope["train"]("rnn", 10, 0)
    assert ("diverged" in capsys.readouterr().out) == diverges


def test_no_model_starts_from_the_random_numbers_of_any_split() -> None:
    scope = loaded(small(cells=("rnn",), steps=0))
    seeds = {
        scope["generator"](seed, split).initial_seed() for seed in range(9) for split in SPLITS
    }
    assert len(seeds) == 9 * len(SPLITS)
    for seed in range(9):
        scope["train"]("rnn", 10, seed)
        assert torch.initial_seed() not in seeds


def test_a_rate_whose_loss_is_not_a_number_is_the_worst() -> None:
    scope = loaded(small(cells=("rnn",), learning_rate=(0.001, 0.01)))
    scope["train"] = lambda name, length, seed, rate: rate
    scope["evaluate"] = lambda rate, *_: (0.5, math.nan if rate == 0.001 else 1.0)
    assert scope["train_best"]("rnn", 10) == [0.01]
