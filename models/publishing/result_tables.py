"""The tables of one run or several: results, memory spans, and cells paired over seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from models.analysis.comparison import LEVEL, holm, remembers_further, span_ratio
from models.analysis.exact_test import boschloo
from models.analysis.memory_span import estimates, memory_spans, span_in_words
from models.analysis.paired import FEWEST_PAIRS, paired_differences
from models.analysis.statistics import result_table
from models.analysis.words import number
from models.exchange.files import Results
from models.publishing.compared import Compared, compared
from models.publishing.table import Table

INTERVALS = (
    "Brackets: 95% intervals, Student's t over seeds for the accuracy, Clopper and Pearson's for "
    "the share of seeds that have solved the task."
)


def results_by_length(runs: Sequence[Results]) -> Table:
    """Held-out accuracy and how many seeds solved the task, of each cell at each length.

    Where the share of seeds that solved it differs from that of the first cell it is marked.
    """
    groups = compared(runs)
    rows = pd.concat([_numbers(group) for group in groups], ignore_index=True)
    rows["p"] = _differences(rows)
    marks = ["*" if p <= LEVEL else "" for p in rows["p"]]
    shown = [
        (
            row["label"],
            f"{row['length']:,}",
            f"{row['mean']:.3f}{_interval(row['low'], row['high'])}",
            f"{row['chance_accuracy']:.3f}",
            f"{row['solved']} of {row['seeds']}{mark}"
            f"{_interval(row['solved_low'], row['solved_high'])}",
            "" if pd.isna(row["steps_to_solve"]) else f"{row['steps_to_solve']:,.0f}",
            number(row["learning_rate"]),
        )
        for row, mark in zip(rows.to_dict("records"), marks, strict=True)
    ]
    return Table(
        "results",
        "Held-out accuracy and seeds that have solved the task, by cell and sequence length.",
        ("cell", "T", "accuracy", "chance", "solved", "steps to solve", "learning rate"),
        tuple(shown),
        (INTERVALS, *_diverged(rows), *_explained(groups)),
        rows.drop(columns="label"),
    )


def spans(runs: Sequence[Results]) -> Table:
    """The memory span of each cell, and how many times as long it is as the first cell's."""
    groups = compared(runs)
    found = [estimates(group.accuracy).get(group.cell) for group in groups]
    data, shown = [], []
    for group, own in zip(groups, found, strict=True):
        (row,) = memory_spans(group.accuracy).to_dict("records")
        first, mark, ratio = found[0], "", ""
        numbers = {"ratio_low": float("nan"), "ratio_high": float("nan"), "differs": False}
        if own is not None and first is not None and own is not first:
            times = span_ratio(own, first)
            longer, shorter = remembers_further(own, first), remembers_further(first, own)
            mark = "*" if longer or shorter else ""
            ratio = f"{number(times.low)}–{number(times.high)}"
            numbers = {
                "ratio_low": times.low,
                "ratio_high": times.high,
                "differs": longer or shorter,
            }
        shown.append((group.label, span_in_words(row) + mark, ratio))
        kept = {name: row[name] for name in ("cell", "span", "bound", "low", "high")}
        data.append({"run": group.run, **kept, **numbers})
    return Table(
        "spans",
        "Memory spans: the sequence length at which half of a cell's models still remember.",
        ("cell", "memory span, steps", "times the first"),
        tuple(shown),
        (
            "Brackets and ranges: 95% intervals, from the posterior of a psychometric curve.",
            f"*: surely another span than that of {groups[0].label}, by the interval of their "
            "ratio, or by Boschloo's exact test of how many models remember a length, with Holm's "
            f"correction for the lengths, at p ≤ {LEVEL:g}.",
        ),
        pd.DataFrame(data),
    )


def paired(runs: Sequence[Results]) -> Table:
    """How much more accurate each cell is than the first one, over the seeds that both have.

    Of several runs, those on the first one's task: only there a seed has the same sequences.
    """
    task = {results.run: results.experiment.task for results in runs}
    groups = [group for group in compared(runs) if task[group.run] == task[runs[0].run]]
    own = [group.accuracy.assign(cell=str(place)) for place, group in enumerate(groups)]
    found = paired_differences(pd.concat(own, ignore_index=True))
    marks = ["*" if p <= LEVEL else "" for p in found["p"]]
    shown = [
        (
            groups[int(row["cell"])].label,
            f"{row['length']:,}",
            f"{row['difference']:+.3f}{mark}",
            f"{row['p']:.2g}",
            f"{row['seeds']}",
            "" if pd.isna(row["correlation"]) else f"{row['correlation']:.2f}",
        )
        for row, mark in zip(found.to_dict("records"), marks, strict=True)
    ]
    names = {str(place): group.cell for place, group in enumerate(groups)}
    of_runs = [groups[int(cell)].run for cell in found["cell"]]
    data = found.assign(cell=found["cell"].map(names), against=found["against"].map(names))
    data.insert(0, "run", of_runs)
    return Table(
        "paired",
        f"Accuracy minus that of {groups[0].label}, paired over seeds.",
        ("cell", "T", "difference", "p", "seeds", "correlation"),
        tuple(shown),
        (
            "Two models with one length and seed learn and are scored on the same sequences. p by "
            "the two-sided sign-flip test, with Holm's correction for all rows; with fewer than "
            f"{FEWEST_PAIRS} seeds it cannot fall to {LEVEL:g}. *: p ≤ {LEVEL:g}.",
        ),
        data,
    )


RESULT_TABLES: dict[str, Callable[[Sequence[Results]], Table]] = {
    "results": results_by_length,
    "spans": spans,
    "paired": paired,
}
"""What makes each table of runs, by its name."""


def _numbers(group: Compared) -> pd.DataFrame:
    rows = result_table(group.accuracy)
    rows.insert(0, "run", group.run)
    return rows.assign(label=group.label)


def _differences(rows: pd.DataFrame) -> pd.Series:
    """The p of an equal share solved as the first cell's at the same length; NaN for that cell."""
    first = rows[(rows["run"] == rows["run"].iloc[0]) & (rows["cell"] == rows["cell"].iloc[0])]
    of_first = first.set_index("length")[["solved", "seeds"]]
    tested = rows.index[~rows.index.isin(first.index) & rows["length"].isin(of_first.index)]
    p = [
        boschloo(*map(int, (row["solved"], row["seeds"], *of_first.loc[row["length"]])))
        for row in rows.loc[tested].to_dict("records")
    ]
    return pd.Series(holm(p), index=tested).reindex(rows.index)


def _explained(groups: Sequence[Compared]) -> list[str]:
    if len(groups) < 2:
        return []
    return [
        f"*: another share of seeds than {groups[0].label} at the same length, by Boschloo's exact "
        f"test, two-sided, with Holm's correction for all rows of the table, p ≤ {LEVEL:g}."
    ]


def _diverged(rows: pd.DataFrame) -> list[str]:
    counts = rows.loc[rows["diverged"] > 0, ["label", "length", "diverged"]]
    if counts.empty:
        return []
    named = [f"{row.label} at T = {row.length}: {row.diverged}" for row in counts.itertuples()]
    return [f"Diverged models, which count with the accuracy that they have: {'; '.join(named)}."]


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f" [{low:.2f}, {high:.2f}]"
