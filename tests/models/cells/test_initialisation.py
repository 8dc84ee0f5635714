"""What parameters start with: recorded, by their moments, and by the equations."""

from __future__ import annotations

import math

import pytest
import torch

from models.cells import make_cell
from models.cells.cell import Weights
from models.cells.draw import Draw

INPUTS, HIDDEN, STEPS = 3, 400, 100


def start(spec: str, hidden: int = HIDDEN, steps: int = STEPS) -> Weights:
    return make_cell(spec).initial_weights(Draw(seed=0), INPUTS, hidden, steps)


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


@pytest.mark.parametrize(("spec", "forget"), [("lstm", "f"), ("gru", "z")])
def test_the_option_bias_is_on_the_forget_gate_alone_and_once(spec: str, forget: str) -> None:
    biases = start(spec).b
    for name in make_cell(spec).gates:
        assert torch.all(gate(spec, biases, name) == (1 if name == forget else 0))
    assert torch.all(start(f"{spec}:bias=0").b == 0)


@pytest.mark.parametrize(("spec", "forget"), [("lstm", "f"), ("gru", "z")])
def test_chrono_bias_spreads_time_constants_up_to_the_length(spec: str, forget: str) -> None:
    biases = start(f"{spec}:bias=chrono").b
    spans = gate(spec, biases, forget).exp()
    assert spans.min() >= 1
    assert spans.max() <= STEPS - 1
    assert spans.mean().item() == pytest.approx(STEPS / 2, rel=0.1)
    if spec == "lstm":
        assert torch.equal(gate(spec, biases, "i"), -gate(spec, biases, "f"))
    assert torch.all(start(f"{spec}:bias=chrono", steps=2).b == 0)


@pytest.mark.parametrize(
    ("spec", "total", "following"),
    [
        ("rnn", 118.50651730174265, 0.34220624737482996),
        ("rnn:init=pytorch,norm=batch", 433.7256465500129, 0.13304369153361095),
        ("rnn:init=identity,gain=0.9", 128.89903471653187, 0.08703752198288572),
        ("lstm", 1100.8369830109127, 0.07856675273152236),
        ("lstm:init=pytorch,bias=chrono", 126.89364597869101, 0.6593138854667145),
        ("lstm:init=pytorch,norm=layer,gamma=0.1", 1646.0474925885549, 0.06313997466925803),
        ("lstm:bias=chrono,norm=batch", 9455.447873666297, 0.8156744792374001),
        ("gru", 794.0482358528452, 0.2645122352010153),
        ("gru:init=pytorch,bias=0", -201.68140650634226, 0.7015417335382741),
        ("gru:init=pytorch,bias=chrono,norm=layer", 6052.886575300803, 0.4691158004648749),
        ("gru:init=identity,bias=chrono", 2361.9024927852997, 0.6803768923656894),
    ],
)
def test_a_seed_gives_the_weights_that_it_always_gave(
    spec: str, total: float, following: float
) -> None:
    """Recorded: the sum of all numbers, each times its place, and the stream's next number."""
    draw = Draw(seed=3)
    weights = make_cell(spec).initial_weights(draw, 3, 5, 20).named().values()
    numbers = torch.cat([weight.flatten() for weight in weights])
    places = torch.arange(1, len(numbers) + 1, dtype=torch.float64)
    assert (numbers @ places).item() == pytest.approx(total, rel=1e-9)
    assert torch.rand(1, dtype=torch.float64, generator=draw.generator).item() == following
