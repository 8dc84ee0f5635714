"""The handwritten digits: the file, its split, and what a network reads."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng
from sklearn.datasets import load_digits

from models.tasks import make_task
from models.tasks.digits import PIXELS, SPLITS, Digits, images
from models.tasks.task import Split


def drawn(split: Split, sequences: int, seed: int = 0) -> np.ndarray:
    """The images of a batch as rows of 64 pixels."""
    inputs = Digits().sample(default_rng(seed), sequences, PIXELS, split).inputs
    pixels: np.ndarray = (inputs[:, 0] * 16).round().astype(int).T
    return pixels


def rows(pixels: np.ndarray) -> set[bytes]:
    return {row.astype(np.uint8).tobytes() for row in pixels}


def test_the_file_is_the_one_of_scikit_learn() -> None:
    original = load_digits()
    np.testing.assert_array_equal(images().pixels, original.data)
    np.testing.assert_array_equal(images().labels, original.target)


def test_the_split_is_disjoint_and_balanced() -> None:
    data = images()
    assert len(data.labels) == 1797
    for split, name in enumerate(SPLITS[1:], start=1):
        labels = data.labels[data.split == split]
        assert np.bincount(labels).tolist() == [30] * 10, name
    train, validation, held_out = (rows(data.pixels[data.split == split]) for split in range(3))
    assert not train & validation
    assert not train & held_out
    assert not validation & held_out


@pytest.mark.parametrize("split", SPLITS)
def test_sequences_come_from_their_split_alone(split: Split) -> None:
    data = images()
    own = rows(data.pixels[data.split == SPLITS.index(split)])
    assert rows(drawn(split, 900)) <= own


def test_held_out_images_come_once_before_any_comes_again() -> None:
    pixels = drawn("held_out", 300)
    assert len(rows(pixels)) == 300


def test_no_more_sequences_are_independent_than_there_are_images() -> None:
    assert Digits().independent(50_000, "held_out") == 300
    assert Digits().independent(50_000, "train") == 1197
    assert Digits().independent(200, "held_out") == 200
    assert make_task("adding").independent(50_000, "held_out") == 50_000


def test_pixels_come_row_by_row_then_blanks_marked_as_such() -> None:
    batch = Digits().sample(default_rng(0), 5, 100, "held_out")
    assert batch.inputs.shape == (100, 2, 5)
    assert (batch.inputs[:64, 1] == 0).all()
    assert (batch.inputs[64:, 0] == 0).all()
    assert (batch.inputs[64:, 1] == 1).all()
    data = images()
    first = (batch.inputs[:64, 0, 0] * 16).round()
    (match,) = np.flatnonzero((data.pixels == first).all(axis=1))
    assert data.labels[match] == batch.targets[0, 0]


def test_the_permutation_is_one_fixed_order_of_all_pixels() -> None:
    rows_first = Digits().sample(default_rng(0), 5, 64).inputs[:, 0]
    permuted = Digits(order="permuted").sample(default_rng(0), 5, 64).inputs[:, 0]
    order = images().permutation
    assert sorted(order.tolist()) == list(range(64))
    np.testing.assert_array_equal(permuted, rows_first[order])


def test_the_best_single_pixel_beats_chance_by_no_more_than_it_can() -> None:
    data = images()
    chance, last, one = Digits().baselines(64)
    assert chance.accuracy == 0.1
    # By hand: the best pixel, each of its values answered by that value's commonest digit.
    best = max(
        sum(
            np.bincount(data.labels[data.pixels[:, pixel] == value], minlength=10).max()
            for value in range(17)
        )
        for pixel in range(64)
    )
    assert one.accuracy == pytest.approx(best / 1797)
    assert chance.accuracy <= last.accuracy <= one.accuracy < 0.5
    assert Digits().baselines(96)[1].accuracy == chance.accuracy


def test_too_short_a_sequence_cannot_hold_the_image() -> None:
    assert Digits().minimum_length == 64
