"""A target at every step: what it is, what can be known of it, and what of it is scored."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.random import default_rng

from models.settings.spec import SpecError
from models.tasks import TASKS, make_task
from models.tasks.adding import Adding
from models.tasks.digits import Digits, images
from models.tasks.recall import Recall
from models.tasks.temporal_order import TemporalOrder

MANY = 50_000
OFFERED = [name for name in TASKS if name != "copy"]


def conditional_entropy(targets: np.ndarray, known: np.ndarray) -> float:
    """Entropy of classes (steps, sequences) given what is known then, averaged over the steps."""
    total = 0.0
    for target, given in zip(targets, known, strict=True):
        for value in np.unique(given):
            shares = np.bincount(target[given == value]) / len(given)
            shares = shares[shares > 0]
            total -= float((shares * np.log(shares / shares.sum())).sum())
    return total / len(targets)


def variance(targets: np.ndarray, known: np.ndarray) -> float:
    """Mean square of what is left of values when their mean given what is known is taken off."""
    total = 0.0
    for target, given in zip(targets, known, strict=True):
        for value in np.unique(given):
            group = target[given == value]
            total += float(np.square(group - group.mean()).sum()) / len(given)
    return total / len(targets)


@pytest.mark.parametrize("name", OFFERED)
def test_the_same_sequences_with_a_target_at_every_step_and_the_last_one_scored(name: str) -> None:
    last, every = make_task(name), make_task(f"{name}:targets=every")
    for length in (last.minimum_length, last.lengths[0]):
        one, other = (task.sample(default_rng(0), 50, length) for task in (last, every))
        np.testing.assert_array_equal(one.inputs, other.inputs)
        assert one.targets.shape == (1, 50)
        assert other.targets.shape == (every.steps(length), 50)
        assert every.target_steps(length) == length
        assert every.scored_steps(length) == 1
        wanted, asked = last.answer_parts(one.targets), every.answer_parts(other.targets[-1:])
        np.testing.assert_allclose(asked, wanted, rtol=1e-6)


def test_copy_has_targets_at_every_step_by_definition() -> None:
    assert TASKS["copy"].options == ()
    assert make_task("copy").target_steps(5) == 25
    with pytest.raises(SpecError):
        make_task("copy:targets=every")


@pytest.mark.parametrize("name", OFFERED)
def test_the_right_answer_at_the_end_is_the_same_rung_by_rung(name: str) -> None:
    last, every = make_task(name), make_task(f"{name}:targets=every")
    for length in last.lengths:
        for one, other in zip(last.baselines(length), every.baselines(length), strict=True):
            assert other.accuracy == pytest.approx(one.accuracy)


@pytest.mark.parametrize("name", OFFERED)
def test_the_legend_says_where_the_targets_are(name: str) -> None:
    assert make_task(name).legend.asked.startswith("At the last step")
    assert make_task(f"{name}:targets=every").legend.asked.startswith("At every step")


class TestTemporalOrder:
    def test_by_hand(self) -> None:
        task = TemporalOrder(targets="every")
        batch = task.sample(default_rng(0), 200, 10)
        assert task.outputs == 7
        # At T = 10 the windows are one step wide.
        a, b = (batch.inputs[step].argmax(axis=0) for step in (1, 5))
        wanted = {(0, 0): 3, (1, 0): 4, (0, 1): 5, (1, 1): 6}
        for sequence in range(200):
            first, second = int(a[sequence]), int(b[sequence])
            classes = [0] + [1 + first] * 4 + [wanted[first, second]] * 5
            assert batch.targets[:, sequence].tolist() == classes

    def test_three_symbols_make_fifteen_classes(self) -> None:
        task = TemporalOrder(symbols="3", targets="every")
        batch = task.sample(default_rng(0), 500, 40)
        assert task.outputs == 15
        assert set(np.unique(batch.targets)) == set(range(15))
        symbols = batch.inputs.argmax(axis=1)
        for step, sequence in itertools.product(range(40), range(500)):
            come = [value for value in symbols[: step + 1, sequence] if value < 2]
            binary = sum(value * 2**k for k, value in enumerate(come))
            assert batch.targets[step, sequence] == 2 ** len(come) - 1 + binary

    @pytest.mark.parametrize("symbols", [2, 3])
    @pytest.mark.parametrize("length", [10, 23, 40])
    def test_the_ladder_by_simulation(self, symbols: int, length: int) -> None:
        task = TemporalOrder(symbols=str(symbols), targets="every")
        batch = task.sample(default_rng(0), MANY, length)
        seen = batch.inputs.argmax(axis=1)
        count = (seen < 2).cumsum(axis=0)
        known = [np.zeros_like(seen), np.where(seen < 2, seen, 2)]
        latest = np.zeros((length, MANY), int)
        for size in range(1, symbols):
            for step in range(length):
                before = latest[step - 1] if step else np.zeros(MANY, int)
                pushed = (2 * before + seen[step]) % 2**size
                latest[step] = np.where(seen[step] < 2, pushed, before)
            known.append(count * 2**size + latest)
        for rung, given in zip(task.baselines(length), known, strict=True):
            assert conditional_entropy(batch.targets, given) == pytest.approx(
                rung.loss, abs=4e-3
            ), rung.name

    def test_chance_at_ten_steps_by_hand(self) -> None:
        # Nothing to know at one step, one symbol at four, two at five.
        chance, current, one = TemporalOrder(targets="every").baselines(10)
        bit = math.log(2)
        assert chance.loss == pytest.approx((4 * bit + 5 * 2 * bit) / 10)
        # It reads the symbols where they come.
        assert current.loss == pytest.approx((3 * bit + bit + 4 * 2 * bit) / 10)
        assert one.loss == pytest.approx(5 * bit / 10)
        assert (chance.accuracy, current.accuracy, one.accuracy) == (0.25, 0.25, 0.5)

    @pytest.mark.parametrize("symbols", ["2", "3"])
    @pytest.mark.parametrize("targets", ["last", "every"])
    def test_the_parts_of_an_answer_are_its_symbols_in_order(
        self, symbols: str, targets: str
    ) -> None:
        task = TemporalOrder(symbols=symbols, targets=targets)
        batch = task.sample(default_rng(0), 200, 40)
        seen = batch.inputs.argmax(axis=1)
        for position, part in enumerate(task.answer_parts(batch.targets[-1])):
            wanted = [row[row < 2][position] for row in seen.T]
            assert part.tolist() == wanted

    def test_an_answer_can_leave_symbols_out(self) -> None:
        first, second = TemporalOrder(targets="every").answer_parts(np.arange(7))
        assert first.tolist() == [-1, 0, 1, 0, 1, 0, 1]
        assert second.tolist() == [-1, -1, -1, 0, 0, 1, 1]
        last = [part.tolist() for part in TemporalOrder().answer_parts(np.arange(4))]
        assert last == [[0, 1, 0, 1], [0, 0, 1, 1]]


class TestAdding:
    def test_the_running_sum(self) -> None:
        batch = Adding(targets="every").sample(default_rng(0), 100, 12)
        numbers, marked = batch.inputs[:, 0], batch.inputs[:, 1]
        for step, sequence in itertools.product(range(12), range(100)):
            come = marked[: step + 1, sequence] == 1
            wanted = numbers[: step + 1, sequence][come].sum()
            assert batch.targets[step, sequence] == pytest.approx(wanted)

    def test_at_two_steps_by_hand(self) -> None:
        # Both are marked: the variances are 1/12 and 2/12, then 0 and 1/12, since one is read.
        losses = [rung.loss for rung in Adding(targets="every").baselines(2)]
        assert losses == pytest.approx([3 / 24, 1 / 24, 1 / 24])

    @pytest.mark.parametrize("length", [2, 3, 9, 20])
    def test_the_ladder_by_simulation(self, length: int) -> None:
        task = Adding(targets="every")
        batch = task.sample(default_rng(0), MANY, length)
        marked = batch.inputs[:, 1]
        chosen = batch.inputs[:, 0] * marked
        first = chosen[: length // 2].sum(axis=0)
        count = marked.cumsum(axis=0)
        nothing = np.zeros_like(marked)
        losses = (
            variance(batch.targets, nothing),
            variance(batch.targets - chosen, marked),
            variance(batch.targets - first * (count > 0), count),
        )
        for rung, loss in zip(task.baselines(length), losses, strict=True):
            assert loss == pytest.approx(rung.loss, abs=1e-3), rung.name


class TestRecall:
    @pytest.mark.parametrize("distractors", ["other", "same"])
    def test_the_first_symbol_at_every_step(self, distractors: str) -> None:
        task = Recall(distractors=distractors, targets="every")
        batch = task.sample(default_rng(0), 2000, 8)
        seen = batch.inputs.argmax(axis=1)
        assert (batch.targets == seen[0]).all()
        for rung, given in zip(task.baselines(8), (np.zeros_like(seen), seen), strict=True):
            assert conditional_entropy(batch.targets, given) == pytest.approx(
                rung.loss, abs=5e-3
            ), rung.name

    def test_by_hand(self) -> None:
        chance, current = Recall(classes="8", targets="every").baselines(20)
        assert chance.loss == pytest.approx(math.log(8))
        assert current.loss == pytest.approx(19 / 20 * math.log(8))
        assert chance.accuracy == current.accuracy == 1 / 8


class TestDigits:
    def test_the_digit_at_every_step(self) -> None:
        one, other = (
            Digits(targets=where).sample(default_rng(0), 30, 70) for where in ("last", "every")
        )
        assert (other.targets == one.targets).all()

    @pytest.mark.parametrize("order", ["rows", "permuted"])
    @pytest.mark.parametrize("length", [64, 70])
    def test_the_ladder_over_all_images(self, order: str, length: int) -> None:
        data = images()
        pixels = data.pixels[:, data.permutation] if order == "permuted" else data.pixels
        losses = [conditional_entropy(data.labels[None], pixel[None]) for pixel in pixels.T]
        losses += [math.log(10)] * (length - 64)
        best = [min(losses[: step + 1]) for step in range(length)]
        chance, current, one = Digits(order=order, targets="every").baselines(length)
        assert chance.loss == pytest.approx(math.log(10))
        assert current.loss == pytest.approx(np.mean(losses))
        assert one.loss == pytest.approx(np.mean(best))


@pytest.mark.parametrize("name", ["adding", "copy", "recall", "digits"])
def test_an_answer_of_most_tasks_has_one_part_itself(name: str) -> None:
    (part,) = make_task(name).answer_parts(np.arange(4))
    assert part.tolist() == [0, 1, 2, 3]
