"""Checks a table of results as a whole: nothing twice, and what is missing in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import PurePath

import numpy as np
import pandas as pd

from models.analysis.schema import MODEL_KEYS, TABLES
from models.analysis.words import count
from models.exchange.csv_reading import TableError
from models.exchange.plausibility import Block, by_length
from models.exchange.row_numbers import RowNumbers
from models.exchange.table_files import place_in
from models.experiment import Experiment
from models.tasks import make_task

MOST_ROWS = 20_000
"""How many rows of whole gradient profiles are handed on at once, where one is not longer."""


class TableCheck:
    """Checks one table of a run block by block, and says what is missing in it."""

    def __init__(self, file: str, run_id: str, experiment: Experiment) -> None:
        """``file`` is one of ``table_files.TABLE_FILES``."""
        self.name, self.run_id, self.experiment = PurePath(file).stem, run_id, experiment
        self.file = file
        self.numbers = RowNumbers(self.name, experiment)
        models = math.prod(len(self.numbers.values[column]) for column in MODEL_KEYS)
        self.last = np.full(models, -1)
        """The last training step of which each model has a row; -1 where it has none."""
        self.diverged = np.zeros(models, bool)
        """Which models the table says have diverged."""
        self._at_end, self._scheduled = np.zeros(models, int), np.zeros(models, int)
        every = experiment.evaluate_every
        self._schedule = {"accuracy": (0, every), "validation": (0, every), "training": (1, 1)}
        self._lines: list[tuple[int, int]] = []
        self._numbers: list[np.ndarray] = []
        self._norms: list[np.ndarray] = []

    def checked(self, blocks: Iterable[tuple[pd.DataFrame, int]]) -> Iterator[pd.DataFrame]:
        """Hands on the rows of a table, which come as ``table_files.read_blocks`` reads them.

        Learning rates are as exact as in the experiment, and the chance level is the task's.
        Gradient profiles are handed on whole, once all are read. Raises TableError on a row that
        this run of the experiment cannot have measured, on one that contradicts itself, on one that
        is there twice, and on a gradient profile with steps missing.
        """
        for rows, line in blocks:
            whole = self._kept(Block(self.file, self.experiment, rows, line))
            if self.name != "gradients":
                yield whole
        numbers, order = _joined(self._numbers), None
        if (numbers[1:] <= numbers[:-1]).any():
            order = np.argsort(numbers, kind="stable")
            numbers = numbers[order]
            if len(twice := order[1:][numbers[1:] == numbers[:-1]]):
                where = f"{place_in(self.file)} {self._line(twice.min())}"
                raise TableError(f"{where}: this was measured before, see above")
        if self.name == "gradients" and len(numbers):
            yield from self._profiles(numbers, order)

    def lacking(self, finished: bool, diverged: np.ndarray) -> str:
        """Returns what the table lacks of what each model has, in words, or an empty text.

        That is whatever comes before what is there, and in a run that has ``finished`` also what
        comes last; training may end early where a model has ``diverged`` (models,).
        """
        short, steps = self._gaps(), self.experiment.steps
        if finished and self.name == "training":
            short |= (self.last < steps) & ~diverged
        elif finished:
            per_model = len(self.experiment.test_lengths) if self.name == "generalisation" else 1
            short |= self._at_end < per_model
        if not short.any():
            return ""
        model, others = int(short.argmax()), int(short.sum()) - 1
        more = f" and of {count(others, 'other model')}" if others else ""
        step = self._first_gap(model)
        return f"step {step} of {self._named(model)}{more} in {self.file}"

    @property
    def evaluated_at_end(self) -> bool:
        """Whether each model has a row after the last training step."""
        return bool((self._at_end > 0).all())

    def _kept(self, block: Block) -> pd.DataFrame:
        block.only("run", self.run_id)
        block.only("task", self.experiment.task)
        places = block.places(self.numbers)
        rows = block.checked(places)
        model, step = self.numbers.models(places), rows["step"].to_numpy()
        np.maximum.at(self.last, model, step)
        at_end = step == self.experiment.steps
        np.add.at(self._at_end, model[at_end], 1)
        if self.name in self._schedule:
            start, stride = self._schedule[self.name]
            np.add.at(self._scheduled, model[((step - start) % stride == 0) | at_end], 1)
        if "diverged" in rows:
            self.diverged[model[rows["diverged"].to_numpy()]] = True
        self._lines.append((block.line, len(rows)))
        self._numbers.append(self.numbers.numbers(places))
        if self.name == "gradients":
            self._norms.append(rows["gradient_norm"].to_numpy())
        return rows

    def _line(self, row: int) -> int:
        """On which line a row of the table stands, counted from 0."""
        for first, rows in self._lines:
            if row < rows:
                return first + row
            row -= rows
        raise IndexError(row)

    def _profiles(self, numbers: np.ndarray, order: np.ndarray | None) -> Iterator[pd.DataFrame]:
        """Frames of whole profiles; ``order`` says which rows of the file these are, if others."""
        norms = _joined(self._norms) if order is None else _joined(self._norms)[order]
        profile = numbers // len(self.numbers.values["t"])
        starts = np.flatnonzero(np.append(True, profile[1:] != profile[:-1]))
        lengths = self.numbers.columns(numbers[starts])["length"].to_numpy()
        steps = by_length(self.experiment.lengths, make_task(self.experiment.task).steps)
        expected = steps[np.searchsorted(self.experiment.lengths, lengths)]
        if (missing := np.diff(starts, append=len(numbers)) < expected).any():
            first = starts if order is None else np.minimum.reduceat(order, starts)
            line = self._line(first[missing].min())
            raise TableError(
                f"{place_in(self.file)} {line}: the profile that begins here does not have every "
                "step t of the sequence"
            )
        # From the first profile that begins in every so many rows.
        cuts = starts[np.diff(starts // MOST_ROWS, prepend=-1) > 0]
        for first, end in pairwise([*cuts, len(numbers)]):
            rows = self.numbers.columns(numbers[first:end]).assign(
                run=self.run_id, task=self.experiment.task, gradient_norm=norms[first:end]
            )
            yield rows[list(TABLES[self.name])]

    def _gaps(self) -> np.ndarray:
        """Which models (models,) lack a step before the last that they have."""
        if self.name not in self._schedule:
            return np.zeros(len(self.last), bool)
        (start, stride), steps = self._schedule[self.name], self.experiment.steps
        expected = (self.last - start) // stride + 1
        expected += (self.last == steps) & ((steps - start) % stride > 0)
        return (self.last >= 0) & (self._scheduled < expected)

    def _first_gap(self, model: int) -> int:
        """The first step of which this model should have a row and has none."""
        start, stride = self._schedule.get(self.name, (self.experiment.steps, 1))
        known = set(self.numbers.steps(_joined(self._numbers), model).tolist())
        steps = range(start, self.experiment.steps, stride)
        return next((step for step in steps if step not in known), self.experiment.steps)

    def _named(self, model: int) -> str:
        """Which model this is, in words."""
        values = [self.numbers.values[name] for name in MODEL_KEYS]
        places = np.unravel_index(model, [len(known) for known in values])
        cell, length, seed, rate = (
            known[int(at)] for known, at in zip(values, places, strict=True)
        )
        words = f"{cell} at length {length}, seed {seed}"
        return words + (f", learning rate {rate:g}" if len(values[-1]) > 1 else "")


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """All parts as one, which then is the only one: they may be large."""
    parts[:] = [np.concatenate(parts)] if parts else [np.zeros(0, np.int64)]
    return parts[0]
