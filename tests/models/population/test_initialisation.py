"""Weights before the first step."""

from __future__ import annotations

import math

import pytest
import torch

from models.cells import make_cell
from models.cells.cell import Weights
from models.population.initialisation import initial_weights

INPUTS, HIDDEN, STEPS = 3, 400, 100


def start(spec: str, hidden: int = HIDDEN, steps: int = STEPS) -> Weights:
    return initial_weights(make_cell(spec), INPUTS, hidden, steps, torch.Generator().manual_seed(0))


def gate(spec: str, values: torch.Tensor, name: str) -> torch.Tensor:
    cell = make_cell(spec)
    return values.chunk(len(cell.gates))[cell.gates.index(name)]


@pytest.mark.parametrize("spec", ["rnn", "lstm", "gru"])
def test_orthogonal_blocks(spec: str) -> None:
    for block in start(spec, hidden=16).W_h.split(16):
        torch.testing.assert_close(block @ block.T, torch.eye(16, dtype=torch.float64))


def test_identity_blocks() -> None:
    for block in start("gru:init=identity", hidden=8).W_h.split(8):
        assert torch.equal(block, torch.eye(8, dtype=torch.float64))


def test_pytorch_has_the_moments_of_torch_nn() -> None:
    bound = 1 / math.sqrt(HIDDEN)
    weights = start("gru:init=pytorch,bias=0")
    assert weights.W_h.abs().max() <= bound
    assert weights.W_h.var().item() == pytest.approx(bound**2 / 3, rel=0.02)
    # torch adds two biases everywhere but in the candidate, whose second is inside the reset gate.
    for name, biases in (("r", 2), ("z", 2), ("n", 1)):
        variance = gate("gru", weights.b, name).var().item()
        assert variance == pytest.approx(biases * bound**2 / 3, rel=0.2)


@pytest.mark.parametrize(("spec", "keep"), [("lstm", "f"), ("gru", "z")])
def test_gate_bias_is_on_the_keep_gate_alone_and_once(spec: str, keep: str) -> None:
    biases = start(spec).b
    for name in make_cell(spec).gates:
        assert torch.all(gate(spec, biases, name) == (1 if name == keep else 0))
    assert torch.all(start(f"{spec}:bias=0").b == 0)


@pytest.mark.parametrize(("spec", "keep"), [("lstm", "f"), ("gru", "z")])
def test_chrono_bias_spreads_time_constants_up_to_the_length(spec: str, keep: str) -> None:
    biases = start(f"{spec}:bias=chrono").b
    spans = gate(spec, biases, keep).exp()
    assert spans.min() >= 1
    assert spans.max() <= STEPS - 1
    assert spans.mean().item() == pytest.approx(STEPS / 2, rel=0.1)
    if spec == "lstm":
        assert torch.equal(gate(spec, biases, "i"), -gate(spec, biases, "f"))
    assert torch.all(start(f"{spec}:bias=chrono", steps=2).b == 0)
