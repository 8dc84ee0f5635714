"""Figures of several runs: the colour is the cell's, dash and mark are the run's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from models.analysis.median_profile import profile
from models.analysis.memory_span import memory_spans
from models.analysis.over_training import mean_by_step, thin
from models.analysis.statistics import summarise
from models.analysis.words import number
from models.exchange.files import Results
from models.publishing.compared import compared
from models.publishing.figure_names import View
from models.publishing.figures import by_length
from models.publishing.figures.over_time import gradient_norm_of
from models.publishing.figures.place import Place, accuracy_axis, length_axis, power_axis


def accuracy(place: Place, runs: Sequence[Results], view: View) -> None:
    """Mean held-out accuracy with its interval over seeds, a line for each cell of each run."""
    axes = place.axes("sequence length T", "held-out accuracy")
    lengths = sorted({int(length) for one in runs for length in one.accuracy["length"]})
    if len({one.experiment.task for one in runs}) == 1:
        by_length.baselines(place, axes, runs[0], lengths)
    for order, one in enumerate(lines := compared(runs)):
        shift = 1 + by_length.BESIDE / 2 * (order - (len(lines) - 1) / 2)
        rows = summarise(one.accuracy)
        by_length.intervals(place, axes, rows, shift)
        x, y = (rows["length"] * shift).tolist(), rows["mean"].tolist()
        run = [results.run for results in runs].index(one.run)
        place.line(axes, one.cell, x, y, (), marks=True, label=one.label, run=run)
    length_axis(axes, lengths)
    accuracy_axis(axes)


def memory_span_rows(place: Place, runs: Sequence[Results], view: View) -> None:
    """The memory span of each cell of each run with its interval, a row each."""
    lines = compared(runs)
    spans = pd.concat([memory_spans(one.accuracy) for one in lines], ignore_index=True)
    by_length.span_rows(place, spans, [one.label for one in lines])


def learning(place: Place, runs: Sequence[Results], view: View) -> None:
    """Held-out accuracy over training: the mean over seeds."""
    axes = place.axes("training step", "held-out accuracy")
    for run, cell, label, rows in _lines(runs, "accuracy", view):
        line = thin(mean_by_step(rows, "accuracy"))
        place.line(axes, cell, line.index.tolist(), line.tolist(), (), label=label, run=run)
    accuracy_axis(axes)


def gradient_profile(place: Place, runs: Sequence[Results], view: View) -> None:
    """‖∂L/∂state_t‖ against t at the latest step."""
    axes = place.axes("time step t", gradient_norm_of(view.state))
    power_axis(axes)
    for run, cell, label, rows in _lines(runs, "gradients", view):
        if found := profile(rows[rows["state"] == view.state], "now"):
            texts = [f"t = {t}: {number(n)}" for t, n in zip(found.t, found.norms, strict=True)]
            place.line(axes, cell, found.t, found.norms, texts, label=label, run=run)


def _lines(
    runs: Sequence[Results], table: str, view: View
) -> Iterator[tuple[int, str, str, pd.DataFrame]]:
    """Of each line the place of its run, the cell, the label and the rows at the view's length."""
    tables = {results.run: results.selected(table) for results in runs}
    for one in compared(runs):
        rows = tables[one.run]
        own = rows[(rows["cell"] == one.cell) & (rows["length"] == view.length)]
        if len(own):
            yield list(tables).index(one.run), one.cell, one.label, own
