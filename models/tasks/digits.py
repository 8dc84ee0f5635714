"""The digits task: real handwriting, read one pixel at a time, then a wait.

The idea of sequential MNIST (Le, Jaitly & Hinton 2015) with the small 8×8 images of the UCI
repository (see data/README.md). They are few and small: no accuracy here can be compared with
published ones on MNIST.
"""

from __future__ import annotations

import base64
import textwrap
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from models.settings.spec import Option
from models.tasks.task import TARGETS, Baseline, Batch, Example, Legend, Split, Task

DATA = Path(__file__).parent / "data" / "digits.npz"
SIDE = 8
PIXELS = SIDE * SIDE
BRIGHTEST = 16
"""The brightness of a pixel is from 0 to this."""
CLASSES = 10
SPLITS: tuple[Split, ...] = ("train", "validation", "held_out")


@dataclass(frozen=True)
class Images:
    """All images with their fixed split."""

    pixels: np.ndarray
    """(images, 64), from 0 to 16, row by row."""
    labels: np.ndarray
    """(images,), from 0 to 9."""
    split: np.ndarray
    """(images,), the index into SPLITS."""
    permutation: np.ndarray
    """(64,), the one fixed order of pixels of ``order=permuted``."""


@cache
def images() -> Images:
    """Returns the images, which are read from the repository once."""
    with np.load(DATA) as file:
        return Images(*(file[name] for name in ("pixels", "labels", "split", "permutation")))


class Digits(Task):
    """A handwritten digit is shown pixel by pixel; the answer is which one it was."""

    name = "digits"
    title = "Handwritten digits"
    references = ("alpaydin1998", "le2015")
    options = (
        Option(
            "order",
            ("rows", "permuted"),
            "rows",
            "pixels row by row, or all images under one fixed permutation",
            words={"rows": "row by row"},
            phrase="{} pixels",
        ),
        TARGETS,
    )
    lengths = (64, 96, 128, 192)
    minimum_length = PIXELS
    inputs = 2
    outputs = CLASSES
    solved_accuracy = 0.9  # our choice, since the field has none for these images

    def __init__(self, order: str = "rows", targets: str = "last") -> None:
        self.every = targets == "every"
        self.permuted = order == "permuted"

    @property
    def legend(self) -> Legend:
        order = "in one fixed shuffled order" if self.permuted else "row by row"
        return Legend(
            goes_in=f"The {PIXELS} pixels of a handwritten 8×8 digit, {order}, one brightness "
            "per step; then blank steps up to T, marked as such in a second input.",
            asked=self.asked(
                f"which digit {'is' if self.every else 'was'} it? {CLASSES} classes. Held-out "
                f"sequences come from {len(_pool('held_out'))} images that training never sees."
            ),
            dependency=f"The digit is spread over the first {PIXELS} steps and has to be "
            "remembered through all the blank steps after them.",
        )

    @property
    def script(self) -> str:
        order = f"[:, {images().permutation.tolist()}]" if self.permuted else ""
        every = ".expand(-1, length)" if self.every else ""
        return f"""\
def sample(sequences, length, generator, split):
    pixels, labels = images(split)
    chosen = torch.randint(len(labels), (sequences,), generator=generator)
    inputs = torch.zeros(sequences, length, 2)
    inputs[:, :{PIXELS}, 0] = pixels[chosen]{order} / {BRIGHTEST}
    inputs[:, {PIXELS}:, 1] = 1  # blank
    return inputs, labels[chosen, None]{every}
"""

    @property
    def script_data(self) -> str:
        data = images()
        table = np.column_stack([data.split, data.labels, data.pixels]).astype(np.uint8)
        packed = base64.b85encode(zlib.compress(table.tobytes(), 9)).decode()
        lines = "\n".join(f"    {line!r}" for line in textwrap.wrap(packed, 90))
        return f"""\
def images(split):  # UCI optical digits (Alpaydin & Kaynak 1998), CC BY 4.0
    table = torch.tensor(list(zlib.decompress(base64.b85decode(IMAGES)))).view(-1, {PIXELS + 2})
    chosen = table[table[:, 0] == SPLITS.index(split)]
    return chosen[:, 2:].float(), chosen[:, 1]


IMAGES = (
{lines}
)"""

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        chosen = self._choose(rng, sequences, split)
        inputs = np.zeros((length, self.inputs, sequences), np.float32)
        inputs[:PIXELS, 0] = self._in_order(images().pixels[chosen]).T / BRIGHTEST
        inputs[PIXELS:, 1] = 1
        labels = images().labels[chosen].astype(np.int64)
        return Batch(inputs, np.tile(labels, (self.target_steps(length), 1)))

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        guess = 1 / CLASSES, float(np.log(CLASSES))
        pixels = [_from_one_pixel(pixel) for pixel in self._in_order(np.arange(PIXELS)).tolist()]
        accuracies, losses = np.array([*pixels, *[guess] * (length - PIXELS)]).T
        targets = slice(-self.target_steps(length), None)
        # At each step, the most informative pixel so far.
        best = np.minimum.accumulate(losses)
        return (
            Baseline("chance", *guess),
            Baseline(self.memoryless, float(accuracies[-1]), float(losses[targets].mean())),
            Baseline("remembers one pixel", float(accuracies.max()), float(best[targets].mean())),
        )

    def describe(self, batch: Batch, sequence: int) -> Example:
        brightness = batch.inputs[:PIXELS, 0, sequence].astype(float)
        image = np.empty(PIXELS)
        image[self._in_order(np.arange(PIXELS))] = brightness
        blanks = len(batch.inputs) - PIXELS
        return Example(
            (*[f"{value * BRIGHTEST:.0f}" for value in brightness], *["·"] * blanks),
            (*[True] * PIXELS, *[False] * blanks),
            str(batch.targets[-1, sequence]),
            tuple(brightness.tolist()),
            tuple(tuple(row) for row in image.reshape(SIDE, SIDE).tolist()),
        )

    def kinds(self, example: Example) -> tuple[str, ...]:
        return ()

    def _choose(self, rng: np.random.Generator, sequences: int, split: Split) -> np.ndarray:
        """The index of each sequence's image, (sequences,)."""
        pool = _pool(split)
        if split == "train":
            return rng.choice(pool, sequences)
        # Every image comes once before any comes again.
        return np.resize(rng.permutation(pool), sequences)

    def probe(self, rng: np.random.Generator, batch: Batch, t: int) -> tuple[Batch, Batch]:
        """Returns the sequences with a dark and with the brightest pixel at t, also for a blank."""
        return batch.changed(t, [[0], [0]]), batch.changed(t, [[1], [0]])

    def independent(self, sequences: int, split: Split) -> int:
        return min(sequences, len(_pool(split)))

    def _in_order(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels (…, 64) in the order in which they are read."""
        return pixels[..., images().permutation] if self.permuted else pixels


def _pool(split: Split) -> np.ndarray:
    """The indices of the images of a split."""
    return np.flatnonzero(images().split == SPLITS.index(split))


@cache
def _from_one_pixel(pixel: int) -> tuple[float, float]:
    """Accuracy and loss of the best guess from one pixel, by frequencies over all images."""
    data = images()
    counts = np.zeros((BRIGHTEST + 1, CLASSES))
    np.add.at(counts, (data.pixels[:, pixel], data.labels), 1)
    joint = counts / counts.sum()
    given = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    loss = -(joint * np.log(np.where(given > 0, given, 1))).sum()
    return float(joint.max(axis=1).sum()), float(loss)
