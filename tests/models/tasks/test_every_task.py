"""What holds for every task, and every choice of its options."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tasks import TASKS, make_task
from models.tasks.recall import Recall
from models.tasks.task import Batch, Split, Task


def every_spec() -> list[str]:
    """All values of options together, but of more than three only the first and the last."""
    specs = []
    for name, task in TASKS.items():
        choices = [
            [f"{o.name}={value}" for value in (o.values if len(o.values) <= 3 else o.values[::3])]
            for o in task.options
        ]
        specs += [f"{name}:{','.join(chosen)}" for chosen in itertools.product(*choices)]
    return specs


@pytest.fixture(params=every_spec())
def task(request: pytest.FixtureRequest) -> Task:
    return make_task(request.param)


def draw(task: Task, sequences: int, length: int, split: Split = "train", seed: int = 0) -> Batch:
    return task.sample(np.random.default_rng(seed), sequences, length, split)


def test_shapes_and_types(task: Task) -> None:
    for length in (task.minimum_length, *task.lengths):
        batch = draw(task, 7, length)
        assert batch.inputs.shape == (task.steps(length), task.inputs, 7)
        assert batch.inputs.dtype == np.float32
        assert batch.targets.shape == (task.target_steps(length), 7)
        if task.loss == "cross_entropy":
            assert batch.targets.dtype == np.int64
            assert batch.targets.min() >= 0
            assert batch.targets.max() < task.outputs
        else:
            assert batch.targets.dtype == np.float32
            assert task.outputs == 1


def test_the_same_seed_gives_the_same_sequences_and_another_seed_others(task: Task) -> None:
    length = task.lengths[0]
    one, same, other = (draw(task, 20, length, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.inputs, same.inputs)
    np.testing.assert_array_equal(one.targets, same.targets)
    assert (one.inputs != other.inputs).any()


def test_fresh_sequences_at_every_call(task: Task) -> None:
    rng = np.random.default_rng(0)
    one, two = (task.sample(rng, 20, task.lengths[0]) for _ in range(2))
    assert (one.inputs != two.inputs).any()


def test_what_is_drawn_does_not_depend_on_numpys_global_generator(task: Task) -> None:
    np.random.seed(0)
    one = draw(task, 5, task.lengths[0])
    np.random.seed(1)
    two = draw(task, 5, task.lengths[0])
    np.testing.assert_array_equal(one.inputs, two.inputs)


def test_the_ladder_starts_at_chance_and_only_climbs(task: Task) -> None:
    for length in task.lengths:
        ladder = task.baselines(length)
        assert task.chance(length) == ladder[0]
        for lower, higher in itertools.pairwise(ladder):
            assert lower.accuracy <= higher.accuracy < 1
            assert lower.loss >= higher.loss > 0


def test_no_constant_answer_beats_chance_in_simulation(task: Task) -> None:
    length = task.lengths[0]
    batch = draw(task, 20_000, length)
    scored = batch.targets[-task.scored_steps(length) :]
    if task.loss == "cross_entropy":
        best = max((scored == answer).mean() for answer in range(task.outputs))
    else:
        outputs = torch.ones(1, 1, scored.shape[1])
        best = task.correct(outputs, torch.from_numpy(scored)).float().mean().item()
    tolerance = 4 * math.sqrt(best * (1 - best) / scored.size)
    assert best == pytest.approx(task.chance(length).accuracy, abs=tolerance + 1e-3)


def test_chance_loss_is_that_of_a_predictor_that_knows_the_step_alone(task: Task) -> None:
    length = task.lengths[0]
    targets = draw(task, 20_000, length).targets
    if task.loss == "cross_entropy":
        shares = np.array([np.bincount(row, minlength=task.outputs) for row in targets]) / 20_000
        loss = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1).mean()
    else:
        loss = targets.var(axis=1).mean()
    assert loss == pytest.approx(task.chance(length).loss, abs=6e-3)


def test_answers_are_the_same_when_all_of_their_parts_are(task: Task) -> None:
    answers = np.arange(task.outputs)
    parts = task.answer_parts(answers)
    assert len(set(zip(*(part.tolist() for part in parts), strict=True))) == task.outputs
    for ours, torchs in zip(parts, task.answer_parts(torch.from_numpy(answers)), strict=True):
        np.testing.assert_array_equal(ours, torchs.numpy())


def test_an_answer_that_is_not_finite_is_wrong(task: Task) -> None:
    outputs = torch.full((1, task.outputs, 4), math.nan)
    targets = torch.zeros(1, 4, dtype=torch.long if task.loss == "cross_entropy" else torch.float)
    assert not task.correct(outputs, targets).any()
    assert not task.solved(0.0, math.nan, task.lengths[0])


# Training, which an earlier test may have done in this process, flushes subnormal numbers.
SHARES = st.floats(0, 1, allow_subnormal=False)
LOSSES = st.floats(0, allow_subnormal=False) | st.just(math.nan)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(accuracy=SHARES, loss=LOSSES, data=st.data())
def test_a_model_that_has_solved_a_task_remembers(
    accuracy: float, loss: float, data: st.DataObject
) -> None:
    task = make_task(data.draw(st.sampled_from(every_spec())))
    length = data.draw(st.sampled_from((task.minimum_length, *task.lengths)))
    middle = (1 + task.chance(length).accuracy) / 2
    assert not (task.solved(accuracy, loss, length) and accuracy < middle - 1e-9)
    assert not task.solved(middle - 1e-6, 0.0, length)


def test_every_task_can_be_solved(task: Task) -> None:
    assert task.solved(1.0, 0.0, task.lengths[0])
    assert task.criterion


def test_a_task_whose_own_criterion_every_model_meets_is_not_solved_at_chance() -> None:
    class Lenient(Recall):
        def meets_criterion(self, accuracy: float, loss: float) -> bool:
            return True

    assert Lenient().solved(0.7, 1.0, 20)
    assert not Lenient().solved(0.6, 1.0, 20)  # the middle between 1/4 and 1 is 0.625


def test_the_example_is_a_sequence_for_people(task: Task) -> None:
    length = task.lengths[0]
    example = task.example(np.random.default_rng(0), length)
    assert len(example.symbols) == len(example.informative) == task.steps(length)
    assert any(example.informative)
    assert example.answer
    legend = task.legend
    assert all(len(text) > 20 for text in (legend.goes_in, legend.asked, legend.dependency))


@pytest.mark.parametrize("split", ["train", "validation", "held_out"])
def test_the_scripts_sampler_draws_from_the_same_distribution(task: Task, split: Split) -> None:
    scope: dict[str, object] = {}
    splits = 'SPLITS = ("train", "validation", "held_out")'
    start = f"import base64, zlib, torch\nfrom torch import nn\n{splits}\n"
    exec(start + task.script + task.script_data, scope)
    sample = scope["sample"]
    assert callable(sample)
    length, sequences = task.lengths[0], 4000
    inputs, targets = sample(sequences, length, torch.Generator().manual_seed(0), split)
    ours = draw(task, sequences, length, split)
    assert inputs.shape == (sequences, task.steps(length), task.inputs)
    assert targets.shape == (sequences, task.target_steps(length))
    assert inputs.dtype == torch.float32
    assert targets.dtype == torch.from_numpy(ours.targets).dtype
    # Means over 4000 sequences of numbers between 0 and 1.
    np.testing.assert_allclose(inputs.mean(0), ours.inputs.mean(-1), atol=0.05)
    spread = max(float(ours.targets.std()), 1e-9)
    np.testing.assert_allclose(targets.double().mean(0), ours.targets.mean(-1), atol=0.1 * spread)
