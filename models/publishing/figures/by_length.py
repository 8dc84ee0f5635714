"""Figures by sequence length: accuracy, memory spans, other lengths, learning rates."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from models.analysis.cell_style import cell_style, in_order
from models.analysis.ladder import ladder, rungs
from models.analysis.learning_rate_window import rate_scores
from models.analysis.memory_span import memory_spans, span_in_words
from models.analysis.statistics import latest, summarise, summarise_generalisation
from models.analysis.words import number, percent
from models.exchange.files import Results
from models.publishing.figure_names import View
from models.publishing.figures.place import (
    MARKERS,
    Place,
    accuracy_axis,
    legend_line,
    length_axis,
)
from models.tasks import make_task

FEWEST_SEEDS = 3
"""Fewest seeds with an interval: with two, Student's would cover nearly the whole plot."""
BESIDE = 0.014
"""The shift of each cell beside the others, as a share of the length."""
CHOSEN = "#e0327d"
"""The colour of the frame around a chosen learning rate, which is not in the scale."""


def accuracy(place: Place, results: Results, view: View) -> None:
    """Mean held-out accuracy with its interval over seeds, and a dot for each seed."""
    axes = place.axes("sequence length T", "held-out accuracy")
    rows, models = summarise(results.accuracy), latest(results.accuracy)
    baselines(place, axes, results, sorted(rows["length"].unique()))
    cells = in_order(rows["cell"])
    for order, cell in enumerate(cells):
        shift = 1 + BESIDE * (order - (len(cells) - 1) / 2)
        own = rows[rows["cell"] == cell]
        intervals(place, axes, own, shift)
        _seeds(place, axes, models[models["cell"] == cell], shift)
        texts = [
            f"T = {row['length']}: accuracy {row['mean']:.3f}, solved by {row['solved']} of "
            f"{row['seeds']}"
            for row in own.to_dict("records")
        ]
        x = (own["length"] * shift).tolist()
        place.line(axes, cell, x, own["mean"].tolist(), texts, marks=True)
    length_axis(axes, sorted(rows["length"].unique()))
    accuracy_axis(axes)


def intervals(place: Place, axes: Axes, rows: pd.DataFrame, shift: float) -> None:
    """The intervals of one cell's rows of ``summarise``, where there are seeds enough."""
    known = rows[rows["seeds"] >= FEWEST_SEEDS]
    cell = rows["cell"].iloc[0]
    bars = axes.errorbar(
        known["length"] * shift,
        known["mean"],
        yerr=[known["mean"] - known["low"], known["high"] - known["mean"]],
        fmt="none",
        ecolor=cell_style(cell).color,
        elinewidth=0.7 * place.scale,
        capsize=1.5 * place.scale,
    )
    for bar in (*bars.lines[1], *bars.lines[2]):
        place.belongs(bar, cell)


def memory_span_rows(place: Place, results: Results, view: View) -> None:
    """The memory span of each cell with its interval, a row each."""
    spans = memory_spans(results.accuracy)
    spans = spans.set_index("cell").loc[in_order(spans["cell"])].reset_index()
    span_rows(place, spans, [cell_style(cell).label for cell in spans["cell"]])


def span_rows(place: Place, spans: pd.DataFrame, labels: Sequence[str]) -> None:
    """A row for each of ``memory_spans``, from the top, with its label."""
    known = spans["span"].dropna()
    low, high = (known.min() / 2, known.max() * 1.4) if len(known) else (1.0, 100.0)
    axes = place.axes("memory span, steps", "")
    axes.grid(False)
    for row, span in enumerate(spans[::-1].to_dict("records")):
        style = cell_style(span["cell"])
        if not math.isnan(span["span"]):
            ends = [min(max(end, low), high) for end in (span["low"], span["high"])]
            axes.plot(ends, [row, row], color=style.color, linewidth=place.scale, alpha=0.6)
            mark = {"<": "<", ">": ">"}.get(span["bound"], MARKERS[style.symbol])
            axes.plot([span["span"]], [row], marker=mark, color=style.color)
        axes.annotate(
            span_in_words(span),
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(3 * place.scale, 0),
            textcoords="offset points",
            va="center",
            fontsize=place.small,
            annotation_clip=False,
        )
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [digit * 10**zeros for zeros in range(5) for digit in (1, 2, 5)]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:,}" for tick in shown])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(spans)), labels[::-1])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.6, len(spans) - 0.4)


def generalisation(place: Place, results: Results, view: View) -> None:
    """Mean accuracy against the length tested, a line for each cell and trained length."""
    means = summarise_generalisation(results.selected("generalisation"))
    axes = place.axes("sequence length tested", "held-out accuracy")
    tested = sorted({*means["test_length"], *means["length"]})
    baselines(place, axes, results, tested)
    for cell in in_order(means["cell"]):
        for length, own in means[means["cell"] == cell].groupby("length"):
            texts = [
                f"trained at T = {length}, tested at {row['test_length']}: {row['mean']:.3f}"
                for row in own.to_dict("records")
            ]
            x, y = own["test_length"].tolist(), own["mean"].tolist()
            place.line(axes, cell, x, y, texts, marks=True)
    length_axis(axes, tested)
    accuracy_axis(axes)


def learning_rates(place: Place, results: Results, view: View) -> None:
    """Accuracy on validation sequences by length and learning rate, a map for each cell."""
    task = make_task(results.experiment.task)
    chance = {length: task.chance(length).accuracy for length in results.experiment.lengths}
    scores = rate_scores(results.tables["validation"], chance)
    cells = in_order(scores["cell"])
    columns = min(len(cells), 3 if place.wide else 2)
    grid = place.figure.subplots(-(-len(cells) // columns), columns, squeeze=False)
    rates = sorted(scores["learning_rate"].unique())
    for number_of, axes in enumerate(grid.flat):
        if number_of >= len(cells):
            axes.set_visible(False)
            continue
        own = scores[scores["cell"] == cells[number_of]]
        _map(place, axes, own, rates)
        first, last = number_of % columns == 0, number_of >= len(cells) - columns
        axes.set_title(cell_style(cells[number_of]).label, fontsize="medium", loc="left")
        axes.set_ylabel("learning rate" if first else "")
        axes.set_xlabel("sequence length" if last else "")
        axes.tick_params(labelleft=first, length=0)


def _map(place: Place, axes: Axes, scores: pd.DataFrame, rates: list[float]) -> None:
    table = scores.pivot(index="learning_rate", columns="length", values="accuracy").reindex(rates)
    axes.pcolormesh(table.to_numpy(float), cmap="viridis", vmin=0, vmax=1, edgecolors="white")
    axes.set_xticks([x + 0.5 for x in range(table.shape[1])], [f"{t:,}" for t in table.columns])
    axes.set_yticks([y + 0.5 for y in range(len(rates))], list(map(number, rates)))
    for row in scores.to_dict("records"):
        x, y = list(table.columns).index(row["length"]), rates.index(row["learning_rate"])
        dark = row["accuracy"] < 0.6
        axes.text(
            x + 0.5,
            y + 0.5,
            percent(row["accuracy"]).replace("more than ", "> ").replace("less than ", "< "),
            ha="center",
            va="center",
            fontsize=6 * place.scale,
            color="white" if dark else "black",
        )
        if row["chosen"]:
            axes.plot(
                [x, x + 1, x + 1, x, x],
                [y, y, y + 1, y + 1, y],
                color=CHOSEN,
                linewidth=1.4 * place.scale,
                linestyle="-",
                marker="",
                clip_on=False,
            )


def baselines(place: Place, axes: Axes, results: Results, lengths: list[int]) -> None:
    """The levels that predictors reach without a memory, at these lengths."""
    for rung in rungs(ladder(make_task(results.experiment.task), lengths), "accuracy"):
        ends = [lengths[0] / 1.1, lengths[-1] * 1.1]
        level = len(rung.values) == 1
        place.level(
            axes, ends if level else rung.lengths, rung.values * (2 if level else 1), rung.name
        )


def _seeds(place: Place, axes: Axes, models: pd.DataFrame, shift: float) -> None:
    """A dot for each model, and a cross for one that has diverged."""
    for diverged, own in models.groupby(models["diverged"].astype(bool)):
        style = cell_style(own["cell"].iloc[0])
        mark = "x" if diverged else MARKERS[style.symbol]
        heights = own["accuracy"].fillna(0.0)
        (dots,) = axes.plot(
            own["length"] * shift,
            heights,
            linestyle="none",
            marker=mark,
            markersize=(4 if diverged else 2) * place.scale,
            color=style.color,
            alpha=1 if diverged else 0.5,
        )
        place.belongs(dots, own["cell"].iloc[0])
        if diverged:
            place.lines.setdefault("diverged", legend_line(linestyle="none", marker="x"))
