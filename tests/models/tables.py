"""Tables of results for the tests, of rows that name only what a test is about or of a training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from models.analysis.schema import TABLES, no_rows
from models.training.snapshot import Snapshot

CHANCE = 0.25
"""The chance accuracy of a made-up row."""
DEFAULTS: dict[str, object] = {
    "run": "made-up",
    "task": "temporal_order",
    "cell": "rnn",
    "length": 20,
    "seed": 0,
    "learning_rate": 0.01,
    "step": 400,
    "accuracy": 0.5,
    "loss": 1.0,
    "chance_accuracy": CHANCE,
    "chance_loss": math.log(4),
    "sequences": 256,
    "solved": False,
    "diverged": False,
    "test_length": 20,
    "gradient_norm": 1.0,
    "clipped": False,
    "state": "h",
}
"""The values of the columns that a row does not name."""

Curve = Mapping[int, Sequence[float]]
"""The scaled scores of the seeds by length: 0 at chance, 1 where every answer is right."""
SOLVED: Curve = {20: [1, 1, 1], 80: [1, 1, 1]}
FALLS: Curve = {20: [1, 1, 1], 80: [0, 0, 0]}
CHANCES: Curve = {20: [0, 0, 0], 80: [0, 0, 0]}


def table(name: str, *rows: Mapping[str, object]) -> pd.DataFrame:
    """The table of this name with these rows."""
    return pd.DataFrame([{**DEFAULTS, **row} for row in rows], columns=list(TABLES[name]))


def empty() -> dict[str, pd.DataFrame]:
    """Every table by name, without rows."""
    return {name: table(name) for name in TABLES}


def accuracies(
    curves: Mapping[str, Curve], chance: Mapping[int, float] | None = None, **more: object
) -> pd.DataFrame:
    """The table ``accuracy`` of models with these curves by cell; a score of 1 is a solved task.

    ``chance`` is the chance accuracy by length.
    """
    guess = {length: CHANCE for curve in curves.values() for length in curve} | dict(chance or {})
    return table(
        "accuracy",
        *(
            {
                "cell": cell,
                "length": length,
                "seed": seed,
                "accuracy": guess[length] + (1 - guess[length]) * score,
                "chance_accuracy": guess[length],
                "solved": score == 1,
                **more,
            }
            for cell, curve in curves.items()
            for length, scores in curve.items()
            for seed, score in enumerate(scores)
        ),
    )


def profile(norms: Iterable[float], **model: object) -> list[dict[str, object]]:
    """The rows of a gradient profile at initialisation, ‖∂L/∂h_t‖ for t from 1 to T."""
    norms = list(norms)
    at = {"length": len(norms), "step": 0, **model}
    return [{**at, "t": t, "gradient_norm": norm} for t, norm in enumerate(norms, start=1)]


def measured(
    values: Mapping[str, Mapping[str, float | Sequence[float]]], **more: object
) -> pd.DataFrame:
    """The table ``diagnostics`` of a value, or one for each seed, by diagnostic and cell.

    It is of step 0 where ``more`` does not say otherwise.
    """
    return table(
        "diagnostics",
        *(
            {"step": 0, "cell": cell, "seed": seed, "diagnostic": name, "value": value, **more}
            for name, of_cells in values.items()
            for cell, seeds in of_cells.items()
            for seed, value in enumerate(seeds if isinstance(seeds, Sequence) else [seeds])
        ),
    )


def tables_of(snapshots: Iterable[Snapshot]) -> dict[str, pd.DataFrame]:
    """The tables of a training by name: the rows of all of its snapshots, without ``run``."""
    of_snapshots = [one.tables for one in snapshots]
    return {
        name: pd.concat(
            [tables[name] for tables in of_snapshots if name in tables] or [no_rows(name)],
            ignore_index=True,
        )
        for name in TABLES
    }
