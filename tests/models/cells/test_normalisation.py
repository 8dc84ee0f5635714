"""Layer and batch normalisation inside the cells, against torch's own and by their properties."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from models.cells import make_cell
from models.cells.cell import Weights
from models.cells.draw import Draw
from models.cells.normalisation import layer_norm
from models.kernels.autograd import AutogradUnrolled
from models.kernels.batch_norm import MOMENTUM, RecurrentBatchNorm
from models.kernels.schedule import Schedule
from tests.models.kernels.recurrences import (
    HIDDEN,
    INPUTS,
    SEQUENCES,
    normal,
    random_weights,
    recurrence,
)

NORMALISED = [
    f"{cell}:norm={norm}" for cell in ("rnn", "lstm", "gru") for norm in ("layer", "batch")
]


def weights_of(spec: str, models: int) -> Weights:
    return Weights(**random_weights(spec, models))


def of_one(w: Weights) -> Weights:
    """The weights of a population of one without its axis."""
    return Weights(**{name: value[0] for name, value in w.named().items()})


def unrolled(spec: str, lengths: tuple[int, ...]) -> AutogradUnrolled:
    made = recurrence(spec, lengths)
    assert isinstance(made, AutogradUnrolled)
    return made


def torch_layer_norm(a: Tensor, gamma: Tensor) -> Tensor:
    return functional.layer_norm(a.mT, (a.shape[-2],), gamma.squeeze(-1)).mT


def test_layer_norm_is_torchs() -> None:
    a, gamma, beta = (
        normal(HIDDEN, SEQUENCES, seed=0),
        normal(HIDDEN, 1, seed=1),
        normal(HIDDEN, 1, seed=2),
    )
    expected = torch_layer_norm(a, gamma) + beta
    torch.testing.assert_close(layer_norm("a", a, gamma, beta), expected)


def test_the_rnn_normalises_its_sum() -> None:
    w = weights_of("rnn:norm=layer", 1)
    x, h = normal(INPUTS, SEQUENCES, seed=0), normal(HIDDEN, SEQUENCES, seed=3)
    (new,) = make_cell("rnn:norm=layer").step(w, x, (h,))
    assert w.gamma_h is not None
    assert w.gamma_x is None
    expected = (torch_layer_norm((w.W_x @ x + w.W_h @ h)[0], w.gamma_h[0]) + w.b[0]).tanh()
    torch.testing.assert_close(new[0], expected)


def test_the_lstm_by_the_equations_of_ba() -> None:
    w, x = weights_of("lstm:norm=layer", 1), normal(INPUTS, SEQUENCES, seed=0)
    h, c = normal(HIDDEN, SEQUENCES, seed=3), normal(HIDDEN, SEQUENCES, seed=4)
    new_h, new_c = make_cell("lstm:norm=layer").step(w, x, (h, c))
    one = of_one(w)
    assert one.gamma_x is not None
    assert one.gamma_h is not None
    assert one.gamma_c is not None
    assert one.beta_c is not None
    a = (
        torch_layer_norm(one.W_x @ x, one.gamma_x)
        + torch_layer_norm(one.W_h @ h, one.gamma_h)
        + one.b
    )
    i, f, o, g = a.chunk(4)
    expected_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    normalised_c = torch_layer_norm(expected_c, one.gamma_c) + one.beta_c
    torch.testing.assert_close(new_c[0], expected_c)
    torch.testing.assert_close(new_h[0], o.sigmoid() * normalised_c.tanh())


def test_the_gru_normalises_its_gates_together_and_its_candidate_alone() -> None:
    w = weights_of("gru:norm=layer", 1)
    x, h = normal(INPUTS, SEQUENCES, seed=0), normal(HIDDEN, SEQUENCES, seed=3)
    (new,) = make_cell("gru:norm=layer").step(w, x, (h,))
    one = of_one(w)
    assert one.gamma_x is not None
    assert one.gamma_h is not None
    assert one.b_hn is not None
    gates = slice(0, 2 * HIDDEN)
    last = slice(2 * HIDDEN, None)

    def product(W: Tensor, v: Tensor, gamma: Tensor, rows: slice) -> Tensor:
        return torch_layer_norm((W @ v)[rows], gamma[rows])

    a = (
        product(one.W_x, x, one.gamma_x, gates)
        + product(one.W_h, h, one.gamma_h, gates)
        + one.b[gates]
    )
    r, z = a.sigmoid().chunk(2)
    n_h = product(one.W_h, h, one.gamma_h, last) + one.b_hn
    n = (product(one.W_x, x, one.gamma_x, last) + one.b[last] + r * n_h).tanh()
    torch.testing.assert_close(new[0], z * h + (1 - z) * n)


def test_batch_norm_of_a_step_is_torchs_and_its_running_mean_follows_the_batches() -> None:
    norm = RecurrentBatchNorm(Schedule((2,)))
    norm.statistics = "training"
    gamma, beta = normal(1, HIDDEN, 1, seed=1), normal(1, HIDDEN, 1, seed=2)
    batches = [normal(1, HIDDEN, SEQUENCES, seed=seed) for seed in (3, 4)]
    for a in batches:
        norm.start(1)
        normalised = functional.batch_norm(a[0].T, None, None, training=True).T
        torch.testing.assert_close(norm("a", a, gamma, beta)[0], gamma[0] * normalised + beta[0])
        norm.finish()
    first, second = (a.mean(-1, keepdim=True) for a in batches)
    mean = norm.running()["a mean"]
    torch.testing.assert_close(mean[1], (first + MOMENTUM * (second - first))[0])
    assert (mean[0] == 0).all()


@pytest.mark.parametrize("spec", [name for name in NORMALISED if "batch" in name])
def test_running_statistics_of_one_batch_reproduce_it_step_by_step(spec: str) -> None:
    weights, recurrence = weights_of(spec, 3), unrolled(spec, (5, 5, 3))
    recurrence.statistics = "training"
    trained = recurrence.hidden_states(weights, 5)
    recurrence.statistics = "running"
    torch.testing.assert_close(recurrence.hidden_states(weights, 5), trained)


def test_steps_beyond_the_trained_ones_take_the_statistics_of_the_last() -> None:
    spec = "lstm:norm=batch"
    weights, short, long = weights_of(spec, 1), unrolled(spec, (3,)), unrolled(spec, (5,))
    short.statistics = "training"
    short.hidden_states(weights, 3)
    long.copy_statistics(short)
    trained, copied = short.running_statistics(), long.running_statistics()
    assert set(copied) == set(trained) != set()
    for name, values in trained.items():
        torch.testing.assert_close(copied[name], values[[0, 1, 2, 2, 2]])


@pytest.mark.parametrize("spec", NORMALISED)
def test_a_population_of_ragged_lengths_is_as_many_populations_of_one(spec: str) -> None:
    lengths = (5, 4, 4, 1)
    weights = weights_of(spec, len(lengths))
    together = unrolled(spec, lengths)
    together.statistics = "training"
    h = together.hidden_states(weights, 1)
    for model, length in enumerate(lengths):
        alone = unrolled(spec, (length,))
        alone.set_inputs(0, together.inputs(model))
        alone.statistics = "training"
        own = Weights(**{name: w[model, None] for name, w in weights.named().items()})
        torch.testing.assert_close(h[model], alone.hidden_states(own, 1)[0])


@pytest.mark.parametrize("spec", NORMALISED)
def test_scales_start_at_gamma_and_offsets_at_zero(spec: str) -> None:
    cell = make_cell(f"{spec},gamma=0.1")
    weights = cell.initial_weights(Draw(seed=0), INPUTS, HIDDEN, 7)
    for name, value in weights.named().items():
        if name.startswith("gamma"):
            assert (value == 0.1).all()
    if weights.beta_c is not None:
        assert (weights.beta_c == 0).all()
