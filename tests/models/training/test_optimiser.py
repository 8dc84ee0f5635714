"""Adam and clipping, model by model, against torch's for one model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.training.optimiser import Adam, clip, gradient_norm

RATES = [0.1, 0.001, 0.03]
MODELS, PARAMETERS, STEPS = 3, 5, 20
NONE = torch.zeros(MODELS, dtype=torch.bool)


def gradients() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (MODELS, PARAMETERS)
    return [3 * torch.randn(shape, dtype=torch.float64, generator=generator) for _ in range(STEPS)]


def trained(frozen: list[Tensor]) -> Tensor:
    """Parameters after a step for each entry, which says which models are frozen."""
    parameters = torch.zeros(MODELS, PARAMETERS, dtype=torch.float64)
    adam = Adam(parameters, torch.tensor(RATES, dtype=torch.float64))
    for gradient, mask in zip(gradients(), frozen, strict=False):
        adam.step(clip(gradient, gradient_norm(gradient), 1.0), mask)
    return parameters


def test_each_model_is_trained_as_torch_would_train_it_alone() -> None:
    population = trained([NONE] * STEPS)
    for model, rate in enumerate(RATES):
        parameter = nn.Parameter(torch.zeros(PARAMETERS, dtype=torch.float64))
        adam = torch.optim.Adam([parameter], lr=rate)
        for gradient in gradients():
            parameter.grad = gradient[model].clone()
            nn.utils.clip_grad_norm_([parameter], 1.0)
            adam.step()
        # torch adds 1e-6 to the norm it divides by.
        torch.testing.assert_close(population[model], parameter.detach(), rtol=1e-5, atol=1e-9)


def test_a_frozen_model_keeps_its_parameters_and_the_others_are_trained() -> None:
    second = torch.tensor([False, True, False])
    frozen = trained([NONE] * 5 + [second] * (STEPS - 5))
    assert torch.equal(frozen[1], trained([NONE] * 5)[1])
    assert torch.equal(frozen[[0, 2]], trained([NONE] * STEPS)[[0, 2]])


def test_a_gradient_that_is_not_finite_leaves_a_frozen_model_as_it_is() -> None:
    parameters = torch.ones(2, 3)
    gradient = torch.tensor([[torch.inf, torch.nan, 1.0], [1.0, 1.0, 1.0]])
    Adam(parameters, torch.tensor([0.1, 0.1])).step(gradient, torch.tensor([True, False]))
    assert torch.equal(parameters[0], torch.ones(3))
    assert torch.all(parameters[1] < 1)


def test_clipping_scales_to_the_threshold_only_what_is_above() -> None:
    gradient = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    clipped = clip(gradient, gradient_norm(gradient), 1.0)
    torch.testing.assert_close(clipped, torch.tensor([[0.6, 0.8], [0.3, 0.4]]))
    assert torch.equal(clip(gradient, gradient_norm(gradient), 0.0), gradient)
