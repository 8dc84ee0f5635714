"""Adam and clipping, model by model, against torch's for one model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.training.optimiser import Adam, clip, gradient_norm

RATES = [0.1, 0.001, 0.03]
MODELS, PARAMETERS, STEPS = 3, 5, 20


def gradients() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (MODELS, PARAMETERS)
    return [3 * torch.randn(shape, dtype=torch.float64, generator=generator) for _ in range(STEPS)]


def ours(alive: list[Tensor]) -> Tensor:
    parameters = torch.zeros(MODELS, PARAMETERS, dtype=torch.float64)
    adam = Adam(parameters, torch.tensor(RATES, dtype=torch.float64))
    for gradient, living in zip(gradients(), alive, strict=True):
        adam.step(clip(gradient, gradient_norm(gradient), 1.0), living)
    return parameters


def test_each_model_is_trained_as_torch_would_train_it_alone() -> None:
    population = ours([torch.ones(MODELS, dtype=torch.bool)] * STEPS)
    for model, rate in enumerate(RATES):
        parameter = nn.Parameter(torch.zeros(PARAMETERS, dtype=torch.float64))
        adam = torch.optim.Adam([parameter], lr=rate)
        for gradient in gradients():
            parameter.grad = gradient[model].clone()
            nn.utils.clip_grad_norm_([parameter], 1.0)
            adam.step()
        # torch adds 1e-6 to the norm it divides by.
        torch.testing.assert_close(population[model], parameter.detach(), rtol=1e-5, atol=1e-9)


def test_a_model_that_is_not_alive_keeps_its_parameters() -> None:
    everyone = torch.ones(MODELS, dtype=torch.bool)
    without_second = torch.tensor([True, False, True])
    stopped = ours([everyone] * 5 + [without_second] * (STEPS - 5))
    at_five = torch.zeros(MODELS, PARAMETERS, dtype=torch.float64)
    adam = Adam(at_five, torch.tensor(RATES, dtype=torch.float64))
    for gradient in gradients()[:5]:
        adam.step(clip(gradient, gradient_norm(gradient), 1.0), everyone)
    assert torch.equal(stopped[1], at_five[1])
    going_on = ours([everyone] * STEPS)
    assert torch.equal(stopped[[0, 2]], going_on[[0, 2]])


def test_a_gradient_that_is_not_finite_changes_nothing_of_a_dead_model() -> None:
    parameters = torch.ones(2, 3)
    gradient = torch.tensor([[torch.inf, torch.nan, 1.0], [1.0, 1.0, 1.0]])
    Adam(parameters, torch.tensor([0.1, 0.1])).step(gradient, torch.tensor([False, True]))
    assert torch.equal(parameters[0], torch.ones(3))
    assert torch.all(parameters[1] < 1)


def test_clipping_scales_to_the_threshold_only_what_is_above() -> None:
    gradient = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    clipped = clip(gradient, gradient_norm(gradient), 1.0)
    torch.testing.assert_close(clipped, torch.tensor([[0.6, 0.8], [0.3, 0.4]]))
    assert torch.equal(clip(gradient, gradient_norm(gradient), 0.0), gradient)
