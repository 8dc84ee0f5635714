"""Each task against its definition in the literature, with examples that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.random import default_rng

from models.tasks import make_task
from models.tasks.adding import Adding
from models.tasks.copy import Copy
from models.tasks.recall import Recall
from models.tasks.temporal_order import TemporalOrder

MANY = 20_000


def symbols_of(inputs: np.ndarray) -> np.ndarray:
    """One-hot (steps, alphabet, sequences) -> symbol numbers (steps, sequences)."""
    assert (inputs.sum(axis=1) == 1).all()
    symbols: np.ndarray = inputs.argmax(axis=1)
    return symbols


class TestTemporalOrder:
    @pytest.mark.parametrize("length", [10, 20, 57, 100])
    def test_two_informative_symbols_in_their_windows(self, length: int) -> None:
        batch = TemporalOrder().sample(default_rng(0), 500, length)
        symbols = symbols_of(batch.inputs)
        assert ((symbols < 2).sum(axis=0) == 2).all()
        first = (symbols < 2).argmax(axis=0)
        second = length - 1 - (symbols < 2)[::-1].argmax(axis=0)
        assert first.min() >= int(0.1 * length)
        assert first.max() < max(int(0.2 * length), int(0.1 * length) + 1)
        assert second.min() >= int(0.5 * length)
        assert second.max() < max(int(0.6 * length), int(0.5 * length) + 1)

    def test_the_class_is_the_first_plus_twice_the_second(self) -> None:
        batch = TemporalOrder().sample(default_rng(0), 500, 40)
        symbols = symbols_of(batch.inputs)
        for sequence in range(500):
            first, second = (value for value in symbols[:, sequence] if value < 2)
            assert batch.targets[0, sequence] == first + 2 * second

    def test_three_symbols_make_eight_classes(self) -> None:
        task = TemporalOrder(symbols="3")
        batch = task.sample(default_rng(0), 500, 40)
        symbols = symbols_of(batch.inputs)
        for sequence in range(500):
            a, b, c = (value for value in symbols[:, sequence] if value < 2)
            assert batch.targets[0, sequence] == a + 2 * b + 4 * c
        assert task.chance(40).accuracy == 1 / 8
        assert [round(rung.loss, 3) for rung in task.baselines(40)] == [2.079, 2.079, 1.386, 0.693]

    def test_ladder_of_the_literature(self) -> None:
        chance, last, one = TemporalOrder().baselines(100)
        assert (chance.accuracy, round(chance.loss, 3)) == (0.25, 1.386)
        assert (last.accuracy, round(last.loss, 3)) == (0.25, 1.386)
        assert (one.accuracy, round(one.loss, 3)) == (0.5, 0.693)

    def test_knowing_the_second_symbol_alone_is_right_half_the_time(self) -> None:
        targets = TemporalOrder().sample(default_rng(0), MANY, 20).targets[0]
        guess = 2 * (targets // 2)
        assert (guess == targets).mean() == pytest.approx(0.5, abs=0.015)


class TestAdding:
    @pytest.mark.parametrize("length", [2, 7, 50])
    def test_one_marker_in_each_half_and_their_sum(self, length: int) -> None:
        batch = Adding().sample(default_rng(0), 500, length)
        numbers, marked = batch.inputs[:, 0], batch.inputs[:, 1]
        assert set(np.unique(marked)) <= {0, 1}
        assert (marked[: length // 2].sum(axis=0) == 1).all()
        assert (marked[length // 2 :].sum(axis=0) == 1).all()
        assert numbers.min() >= 0
        assert numbers.max() < 1
        np.testing.assert_allclose(batch.targets[0], (numbers * marked).sum(axis=0), rtol=1e-6)

    def test_markers_reach_both_ends_of_their_halves(self) -> None:
        marked = Adding().sample(default_rng(0), 2000, 10).inputs[:, 1]
        assert (marked.sum(axis=1) > 0).all()

    def test_the_ladder_by_simulation(self) -> None:
        batch = Adding().sample(default_rng(0), 10 * MANY, 4)
        numbers, marked, target = batch.inputs[:, 0], batch.inputs[:, 1], batch.targets[0]
        first, second = (numbers * marked)[:2].sum(axis=0), (numbers * marked)[2:].sum(axis=0)
        seen = np.where(marked[-1] == 1, second + 0.5, 1.0)
        for rung, guess in zip(
            Adding().baselines(4), (np.ones_like(target), seen, first + 0.5), strict=True
        ):
            error = guess - target
            assert np.square(error).mean() == pytest.approx(rung.loss, abs=0.002), rung.name
            assert (abs(error) < 0.08).mean() == pytest.approx(rung.accuracy, abs=0.003), rung.name

    def test_chance_figures_of_the_literature(self) -> None:
        chance, _, one = Adding().baselines(100)
        assert (round(chance.loss, 4), round(chance.accuracy, 4)) == (0.1667, 0.1536)
        assert round(one.loss, 4) == 0.0833

    @pytest.mark.parametrize("tolerance", ["0.08", "0.04"])
    def test_no_constant_answer_is_right_more_often_than_chance(self, tolerance: str) -> None:
        task = Adding(tolerance=tolerance)
        exact = 1 - (1 - float(tolerance)) ** 2
        assert task.chance(100).accuracy == pytest.approx(exact, rel=1e-12)
        targets = torch.from_numpy(task.sample(default_rng(0), 10 * MANY, 4).targets)
        constants = torch.linspace(0, 2, 41)[:, None, None].expand(-1, -1, targets.shape[1])
        shares = task.correct(constants, targets).float().mean(dim=-1)
        assert shares.argmax() == 20  # the answer 1
        assert shares.max().item() == pytest.approx(exact, abs=0.003)

    def test_an_answer_is_right_by_the_criterion_of_hochreiter_and_schmidhuber(self) -> None:
        # Theirs: numbers from -1 to 1, the target 0.5 + (X1 + X2) / 4, an error below 0.04.
        ours = torch.from_numpy(default_rng(0).random((2, MANY)))
        errors = torch.from_numpy(default_rng(1).uniform(-0.2, 0.2, MANY))
        theirs = 0.5 + (2 * ours - 1).sum(dim=0) / 4
        right = ((theirs + errors / 2) - theirs).abs() < 0.04
        targets = ours.sum(dim=0)[None]
        assert Adding().correct(targets[:, None] + errors, targets)[0].equal(right)
        assert 0.3 < right.double().mean() < 0.5

    def test_an_answer_within_eight_hundredths_is_right_and_nearly_all_right_is_solved(
        self,
    ) -> None:
        outputs = torch.tensor([[[1.0, 1.0, 1.0, math.inf]]])
        targets = torch.tensor([[1.07, 1.09, 0.93, 1.0]])
        assert Adding().correct(outputs, targets).tolist() == [[True, False, True, False]]
        assert Adding().solved(accuracy=0.99, loss=0.001, length=50)
        assert not Adding().solved(accuracy=0.98, loss=0.0001, length=50)

    def test_the_older_criterion_is_the_loss_of_a_model_that_remembers(self) -> None:
        old = Adding(tolerance="0.04")
        outputs, targets = torch.tensor([[[1.0, 1.0]]]), torch.tensor([[1.03, 1.05]])
        assert old.correct(outputs, targets).tolist() == [[True, False]]
        middle = (1 + old.chance(50).accuracy) / 2
        assert old.solved(accuracy=middle + 0.01, loss=0.0099, length=50)
        assert not old.solved(accuracy=middle + 0.01, loss=0.011, length=50)
        assert not old.solved(accuracy=middle - 0.01, loss=0.0041, length=50)
        assert "within 0.04" in old.criterion
        assert "within 0.08" in Adding().criterion


class TestCopy:
    def test_one_sequence_by_hand(self) -> None:
        batch = Copy().sample(default_rng(0), 1, 3)
        symbols = symbols_of(batch.inputs)[:, 0].tolist()
        data = symbols[:10]
        assert all(1 <= symbol <= 8 for symbol in data)
        assert symbols[10:] == [0, 0, 9] + [0] * 10
        assert batch.targets[:, 0].tolist() == [0] * 13 + data

    @pytest.mark.parametrize(("length", "loss"), [(10, 0.6931), (30, 0.4159), (100, 0.1733)])
    def test_the_loss_of_guessing_is_ten_ln_eight_over_t_plus_twenty(
        self, length: int, loss: float
    ) -> None:
        assert round(Copy().chance(length).loss, 4) == loss

    def test_saying_blank_all_the_time_is_never_right(self) -> None:
        # Over all T + 20 steps it would be right most of the time (a known pitfall).
        task, length = Copy(), 100
        targets = torch.from_numpy(task.sample(default_rng(0), 50, length).targets)
        outputs = torch.zeros(length + 20, task.outputs, 50)
        outputs[:, 0] = 1
        scored = task.correct(outputs, targets)[-task.scored_steps(length) :]
        assert task.scored_steps(length) == 10
        assert scored.float().mean() == 0
        assert task.correct(outputs, targets).float().mean() > 0.9

    def test_the_ladder_by_simulation(self) -> None:
        targets = Copy().sample(default_rng(0), MANY, 5).targets[-10:]
        guess = default_rng(1).integers(1, 9, targets.shape)
        guess[0] = targets[0]
        assert (guess == targets).mean() == pytest.approx(Copy().baselines(5)[2].accuracy, abs=5e-3)


class TestRecall:
    @pytest.mark.parametrize("classes", ["2", "4", "8"])
    def test_the_first_symbol_is_the_answer_and_appears_once(self, classes: str) -> None:
        task = Recall(classes=classes)
        batch = task.sample(default_rng(0), 500, 30)
        symbols = symbols_of(batch.inputs)
        np.testing.assert_array_equal(batch.targets[0], symbols[0])
        assert (symbols[1:] >= int(classes)).all()
        assert task.chance(30).accuracy == 1 / int(classes)

    def test_distractors_of_the_same_alphabet(self) -> None:
        task = Recall(distractors="same")
        batch = task.sample(default_rng(0), 500, 30)
        symbols = symbols_of(batch.inputs)
        np.testing.assert_array_equal(batch.targets[0], symbols[0])
        assert set(np.unique(symbols[1:])) == {0, 1, 2, 3}
        assert task.inputs == 4

    def test_what_comes_later_says_nothing_about_the_answer(self) -> None:
        batch = Recall(distractors="same").sample(default_rng(0), MANY, 5)
        last = symbols_of(batch.inputs)[-1]
        assert (last == batch.targets[0]).mean() == pytest.approx(0.25, abs=0.015)

    def test_ten_symbols_as_one_number_are_evenly_spaced(self) -> None:
        task = make_task("recall:classes=10,distractors=same,inputs=scalar")
        batch = task.sample(default_rng(0), 500, 30)
        assert batch.inputs.shape == (30, 1, 500)
        np.testing.assert_allclose(np.unique(batch.inputs), np.arange(10) / 9 * 2 - 1, atol=1e-6)
        first = (batch.inputs[0, 0] + 1) / 2 * 9
        np.testing.assert_allclose(batch.targets[0], first, atol=1e-5)
        assert task.describe(batch, 3).answer == "ABCDEFGHIJ"[batch.targets[0, 3]]

    def test_the_latch_problem_is_a_sign_and_then_noise_with_a_variance_of_a_fifth(self) -> None:
        task = make_task("recall:classes=2,distractors=noise,inputs=scalar")
        batch = task.sample(default_rng(0), 2000, 30)
        np.testing.assert_array_equal(batch.inputs[0, 0], 2 * batch.targets[0] - 1)
        assert batch.inputs[1:].mean() == pytest.approx(0, abs=0.01)
        assert batch.inputs[1:].var() == pytest.approx(0.2, rel=0.03)
        example = task.describe(batch, 0)
        assert example.symbols[0] in "AB"
        assert float(example.symbols[1]) == pytest.approx(batch.inputs[1, 0, 0], abs=0.005)
        assert task.question is None
        assert (task.typing, task.symbols_at(0, 30)) == ("", "")


def test_a_task_is_made_from_its_spec() -> None:
    task = make_task("recall:classes=8,distractors=same")
    assert (task.outputs, task.inputs) == (8, 8)
