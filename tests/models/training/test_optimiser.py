"""Optimisers and clipping, model by model, against torch's for one model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.optimisers import OPTIMISERS, make_optimiser
from models.optimisers.schedule import SCHEDULES, rate_factor
from models.training.optimiser import PopulationOptimiser, clip, gradient_norm

RATES = [0.1, 0.001, 0.03]
MODELS, PARAMETERS, STEPS = 3, 5, 20
NONE = torch.zeros(MODELS, dtype=torch.bool)
SPECS = (
    *OPTIMISERS,
    "adam:beta_1=0.5,beta_2=0.9,epsilon=0.001",
    "rmsprop:decay=0.9,momentum=0.5,epsilon=1e-05",
    "sgd:momentum=0",
    "sgd:nesterov=yes",
)


def gradients() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (MODELS, PARAMETERS)
    return [3 * torch.randn(shape, dtype=torch.float64, generator=generator) for _ in range(STEPS)]


def trained(frozen: list[Tensor], spec: str = "adam") -> Tensor:
    """Parameters after a step for each entry, which says which models are frozen."""
    parameters = torch.zeros(MODELS, PARAMETERS, dtype=torch.float64)
    rates = torch.tensor(RATES, dtype=torch.float64)
    optimiser = PopulationOptimiser(make_optimiser(spec), parameters, rates)
    for gradient, mask in zip(gradients(), frozen, strict=False):
        optimiser.step(clip(gradient, gradient_norm(gradient), 1.0), mask)
    return parameters


def torch_alone(spec: str, parameter: nn.Parameter, rate: float) -> Any:
    """Torch's own, made as the standalone script makes it."""

    class Model:
        parameters = staticmethod(lambda: [parameter])

    return eval(make_optimiser(spec).script("rate"), {"torch": torch, "model": Model, "rate": rate})


@pytest.mark.parametrize("spec", SPECS)
def test_each_model_is_trained_as_torch_would_train_it_alone(spec: str) -> None:
    population = trained([NONE] * STEPS, spec)
    for model, rate in enumerate(RATES):
        parameter = nn.Parameter(torch.zeros(PARAMETERS, dtype=torch.float64))
        alone = torch_alone(spec, parameter, rate)
        for gradient in gradients():
            parameter.grad = gradient[model].clone()
            nn.utils.clip_grad_norm_([parameter], 1.0)
            alone.step()
        # torch adds 1e-6 to the norm it divides by.
        torch.testing.assert_close(population[model], parameter.detach(), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("spec", SPECS)
def test_a_frozen_model_keeps_its_parameters_and_the_others_are_trained(spec: str) -> None:
    second = torch.tensor([False, True, False])
    frozen = trained([NONE] * 5 + [second] * (STEPS - 5), spec)
    assert torch.equal(frozen[1], trained([NONE] * 5, spec)[1])
    assert torch.equal(frozen[[0, 2]], trained([NONE] * STEPS, spec)[[0, 2]])


@pytest.mark.parametrize("spec", OPTIMISERS)
def test_a_gradient_that_is_not_finite_leaves_a_frozen_model_as_it_is(spec: str) -> None:
    parameters = torch.ones(2, 3)
    gradient = torch.tensor([[torch.inf, torch.nan, 1.0], [1.0, 1.0, 1.0]])
    optimiser = PopulationOptimiser(make_optimiser(spec), parameters, torch.tensor([0.1, 0.1]))
    optimiser.step(gradient, torch.tensor([True, False]))
    assert torch.equal(parameters[0], torch.ones(3))
    assert torch.all(parameters[1] < 1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_is_that_of_torch(schedule: Any) -> None:
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs: Any = {
        "constant": torch.optim.lr_scheduler.ConstantLR(optimiser, 1.0),
        "linear": torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=STEPS),
        "cosine": torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS),
    }[schedule]
    optimiser.param_groups[0]["lr"] = 1.0
    for step in range(1, STEPS + 1):
        rate = optimiser.param_groups[0]["lr"]
        assert rate_factor(schedule, step, STEPS) == pytest.approx(rate, abs=1e-12)
        optimiser.step()
        theirs.step()


def test_the_rate_of_each_step_follows_the_schedule() -> None:
    parameters = torch.zeros(1, 1)
    optimiser = PopulationOptimiser(
        make_optimiser("sgd:momentum=0"), parameters, torch.tensor([0.5]), lambda step: 1 / step
    )
    for _ in range(3):
        optimiser.step(torch.ones(1, 1), torch.tensor([False]))
    assert parameters.item() == pytest.approx(-0.5 * (1 + 1 / 2 + 1 / 3))


def test_clipping_scales_to_the_threshold_only_what_is_above() -> None:
    gradient = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    clipped = clip(gradient, gradient_norm(gradient), 1.0)
    torch.testing.assert_close(clipped, torch.tensor([[0.6, 0.8], [0.3, 0.4]]))
    assert torch.equal(clip(gradient, gradient_norm(gradient), 0.0), gradient)
