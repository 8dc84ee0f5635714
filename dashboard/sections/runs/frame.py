"""The table of runs as a data frame: one row a run, as the page shows it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.figures.style import behind_white, cell_style, in_order
from dashboard.session import current_run
from models.analysis.words import percent
from models.store.run import Run
from models.tasks import task_title

EDITED = ("name", "tags", "notes", "pinned")
"""The columns that are edited in place."""


def runs_frame(runs: Sequence[Run], selected: Collection[str] = ()) -> pd.DataFrame:
    """One row for each run, in this order; the first column says which are selected.

    Its columns have the same types whatever the runs: with others the table would be another one
    when a run ends or is labelled, and what is being typed into it lost.
    """
    columns = {
        "selected": pd.array([run.id in selected for run in runs], "bool"),
        "name": [run.labels.name for run in runs],
        "open": [f"./?run={run.id}" for run in runs],
        "id": [run.short_id for run in runs],
        "status": [status_in_words(run) for run in runs],
        "task": [task_title(run.experiment.task) for run in runs],
        "cells": [list(chips(run)) for run in runs],
        "tags": [tags_as_text(run.labels.tags) for run in runs],
        "notes": [run.labels.notes for run in runs],
        "longest span": pd.array([_longest_span(run) for run in runs], "float64"),
        "lengths": [", ".join(map(str, run.experiment.lengths)) for run in runs],
        "seeds": pd.array([run.experiment.seeds for run in runs], "int64"),
        "pinned": pd.array([run.pinned for run in runs], "bool"),
        "made": pd.to_datetime([run.created for run in runs], utc=True).as_unit("ms"),
        "duration": pd.to_timedelta([_seconds(run) for run in runs], unit="s").as_unit("ms"),
    }
    return pd.DataFrame(columns)


def chips(run: Run) -> dict[str, str]:
    """The cells of a run, each with its memory span where that is known, and their colours."""
    spans = {one.cell: f" {one.span_in_words()}" for one in run.summary or ()}
    styles = {cell: cell_style(cell) for cell in in_order(run.experiment.cells)}
    return {
        f"{style.label}{spans.get(cell, '')}": behind_white(style.color)
        for cell, style in styles.items()
    }


def status_in_words(run: Run) -> str:
    """How a run ended and why, or how far it has come and how long it will take."""
    if not run.active:
        return f"{run.status}: {run.message}" if run.message else run.status
    done = percent(run.done_steps / max(run.total_steps, 1))
    return f"{run.status} {done}, {current_run.time_left(run)}"


def changed_labels(run: Run, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is written on a run after these columns of EDITED were changed."""
    texts = {name: changes[name] or "" for name in ("name", "notes") if name in changes}
    return texts | ({"tags": tags_from_text(changes["tags"])} if "tags" in changes else {})


def tags_as_text(tags: Sequence[str]) -> str:
    """The tags with commas between them; one that has commas or quotes itself is quoted."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(tags)
    return line.getvalue() if tags else ""


def tags_from_text(text: str | None) -> tuple[str, ...]:
    """The tags of a text with commas between them; a line break that was pasted is a blank."""
    (tags,) = csv.reader([" ".join((text or "").splitlines())], skipinitialspace=True)
    return tuple(tags)


def _longest_span(run: Run) -> float:
    spans = [one.span for one in run.summary or () if one.span == one.span]
    return max(spans, default=float("nan"))


def _seconds(run: Run) -> float | None:
    if run.started is None or run.finished is None:
        return None
    return max((run.finished - run.started).total_seconds(), 0)
