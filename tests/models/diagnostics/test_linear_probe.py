"""What a probe reads: all of what is there, and nothing of what is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.analysis.statistics import clopper_pearson
from models.cells import CELLS
from models.diagnostics.inside.linear_probe import COLUMNS, linear_probe, probe_curve, questions
from models.diagnostics.trajectory import State
from models.tasks import TASKS
from models.tasks.task import Batch
from tests.models.diagnostics.trained import HIDDEN, random_model

SEQUENCES = 300


def states(rows: np.ndarray, steps: int = 2) -> list[State]:
    """The same features (H, B) at every step."""
    h = torch.from_numpy(rows).float()[None]
    return [(torch.zeros_like(h),), *[(h,)] * steps]


def one_hot(labels: np.ndarray) -> np.ndarray:
    rows: np.ndarray = (labels == np.arange(HIDDEN)[:, None]).astype(float)
    return rows


def noise(batch: Batch, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(HIDDEN, batch.targets.shape[-1]))


def test_what_is_separable_is_read_perfectly_and_shuffled_labels_are_at_chance() -> None:
    model = random_model("rnn", "recall")
    fit, score = model.for_fitting(SEQUENCES), model.held_out(SEQUENCES)
    seen = [(batch, states(one_hot(batch.targets[-1]))) for batch in (fit, score)]
    curve = probe_curve(model, seen[0], seen[1])
    assert tuple(curve.columns) == COLUMNS
    assert list(curve["t"]) == [1, 2]
    assert (curve["accuracy"] == 1).all()
    assert (curve["sequences"] == SEQUENCES).all()
    assert curve["low"].to_list() == pytest.approx([float(clopper_pearson(300, 300)[0])] * 2)
    # Each permutation is right for 0, 1, … of the four places: a wide spread around 1/4.
    assert (abs(curve["shuffled"] - 0.25) < 4 * 0.22 / 20**0.5).all()
    assert (curve["shuffled_low"] <= curve["shuffled"]).all()
    assert (curve["shuffled_high"] < 1).all()


def test_nothing_is_read_from_noise() -> None:
    model = random_model("rnn", "recall")
    fit, score = model.for_fitting(SEQUENCES), model.held_out(SEQUENCES)
    curve = probe_curve(
        model, (fit, states(noise(fit, 1), 1)), (score, states(noise(score, 2), 1))
    ).iloc[0]
    error = (0.25 * 0.75 / SEQUENCES) ** 0.5
    assert abs(curve["accuracy"] - 0.25) < 4 * error
    assert curve["low"] < 0.25 < curve["high"]
    assert abs(curve["shuffled"] - 0.25) < 2 * error
    assert np.isnan(curve["r2"])


def test_a_value_is_read_within_the_tasks_tolerance() -> None:
    model = random_model("rnn", "adding")
    fit, score = model.for_fitting(SEQUENCES), model.held_out(SEQUENCES)

    def features(batch: Batch, seed: int) -> np.ndarray:
        rows = noise(batch, seed)
        rows[0] = batch.targets[-1] - rows[1]
        return rows

    curve = probe_curve(model, (fit, states(features(fit, 1))), (score, states(features(score, 2))))
    assert (curve["accuracy"] > 0.95).all()
    assert (curve["r2"] > 0.99).all()
    assert (curve["shuffled"] < 0.2).all()
    assert set(curve["reads"]) == {"answer"}


def test_states_without_any_difference_or_not_finite_hold_nothing() -> None:
    model = random_model("rnn", "recall")
    fit, score = model.for_fitting(SEQUENCES), model.held_out(SEQUENCES)
    for value in (0.0, 0.7, np.nan, np.inf):
        same = [(batch, states(np.full((HIDDEN, SEQUENCES), value), 1)) for batch in (fit, score)]
        curve = probe_curve(model, same[0], same[1]).iloc[0]
        assert 0.1 < curve["accuracy"] < 0.4


@pytest.mark.parametrize(
    ("task", "reads"),
    [
        ("recall", ["answer"]),
        ("temporal_order", ["answer", "part 1", "part 2"]),
        ("temporal_order:symbols=3", ["answer", "part 1", "part 2", "part 3"]),
        ("temporal_order:targets=every", ["answer", "part 1", "part 2"]),
        ("adding", ["answer"]),
        ("digits", ["answer"]),
        ("copy", [f"answer {k}" for k in range(1, 11)]),
    ],
)
def test_what_is_read_from_each_task(task: str, reads: list[str]) -> None:
    model = random_model("rnn", task, 66 if task == "digits" else 12)
    batch = model.held_out(16)
    asked = questions(model.task, batch, model.length)
    assert list(asked) == reads
    assert all(labels.shape == (16,) for labels in asked.values())


def test_the_parts_of_an_answer_are_its_symbols_in_order() -> None:
    model = random_model("rnn", "temporal_order")
    batch = model.held_out(50)
    asked = questions(model.task, batch, model.length)
    symbols = batch.inputs.argmax(axis=1)
    for one in range(50):
        own = symbols[:, one][symbols[:, one] < 2]
        assert [asked["part 1"][one], asked["part 2"][one]] == list(own)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", CELLS)
def test_every_cell_on_every_task(name: str, task: str) -> None:
    model = random_model(name, task)
    curve = linear_probe(model, 24)
    assert set(curve["state"]) == set(model.cell.states)
    sizes = curve.groupby(["state", "reads"]).size()
    assert set(sizes) == {model.steps}
    assert curve["accuracy"].between(0, 1).all()
    assert (curve["low"] <= curve["accuracy"]).all()
    assert (curve["accuracy"] <= curve["high"]).all()


def test_the_first_symbol_is_read_at_once() -> None:
    """After one step, h is one of four points; with H = 5 any four points are separable."""
    model = random_model("gru", "recall")
    curve = linear_probe(model, 200)
    assert curve["accuracy"].iloc[0] == 1
