"""Why each model of a run did not learn: ``models.analysis.diagnosis`` applied to its tables."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.diagnosis import Measured, Verdict, diagnose
from models.analysis.schema import MODEL_KEYS
from models.analysis.statistics import better_than_chance, latest
from models.cells import CELLS
from models.experiment import Experiment
from models.settings import spec
from models.tasks import make_task

MODEL = list(MODEL_KEYS)
"""The columns that tell the models of a run apart."""


def diagnoses(
    experiment: Experiment,
    accuracy: pd.DataFrame,
    training: pd.DataFrame,
    diagnostics: pd.DataFrame,
) -> pd.DataFrame:
    """The diagnosis of every model of the three tables of a run, one row a model.

    Columns: cell, length, seed, learning_rate, verdict, rule and sentence. Of each diagnostic the
    latest value counts, of the gradient norm the largest finite one. Runs of old releases have no
    diagnostics: rules that need one do not hold for them.
    """
    values = _latest_values(diagnostics)
    largest = _largest_norms(training)
    curves = accuracy.sort_values("step").groupby(MODEL)["accuracy"].apply(list)
    rows = []
    last = latest(accuracy)
    for model in last.assign(better=better_than_chance(last)).to_dict("records"):
        key = tuple(model[name] for name in MODEL)
        found = diagnose(
            _measured(experiment, model, curves[key], values.get(key, {}), largest.get(key, 0.0))
        )
        rows.append((*key, found.verdict, found.rule, found.sentence))
    return pd.DataFrame(rows, columns=[*MODEL, "verdict", "rule", "sentence"])


def failed_at(accuracy: pd.DataFrame) -> list[tuple[str, int]]:
    """The cells and lengths of which some model has trained and not solved its task (so far)."""
    last = latest(accuracy)
    unsolved = last[~last["solved"].astype(bool) & (last["step"] > 0)]
    pairs = unsolved[["cell", "length"]].drop_duplicates()
    return [(str(cell), int(length)) for cell, length in pairs.to_numpy().tolist()]


@dataclass(frozen=True)
class Failure:
    """The models of one cell and length that failed for the same reason."""

    verdict: Verdict
    rule: str
    sentence: str
    """The rule with the numbers of the first of these seeds."""
    seeds: tuple[int, ...]


def failures(
    experiment: Experiment,
    accuracy: pd.DataFrame,
    training: pd.DataFrame,
    diagnostics: pd.DataFrame,
    *,
    cell: str,
    length: int,
) -> list[Failure]:
    """Why models of one cell failed at one length: the reason of most seeds first."""
    tables = [
        table[(table["cell"] == cell) & (table["length"] == length)]
        for table in (accuracy, training, diagnostics)
    ]
    found = diagnoses(experiment, *tables).sort_values("seed")
    unsolved = found[found["verdict"] != "solved"]
    grouped = [
        Failure(first["verdict"], first["rule"], first["sentence"], tuple(rows["seed"].tolist()))
        for _, rows in unsolved.groupby("verdict", sort=False)
        for first in rows.head(1).to_dict("records")
    ]
    return sorted(grouped, key=lambda failure: -len(failure.seeds))


def _measured(
    experiment: Experiment,
    model: dict[Hashable, Any],
    accuracies: list[float],
    values: dict[str, float],
    largest_norm: float,
) -> Measured:
    """What was measured of a model: its last row of accuracy, and its diagnostics by name."""
    cell, _ = spec.parse("cell", model["cell"], CELLS)
    by_norm = experiment.clip > 0 and experiment.clip_by == "norm"
    horizon = values.get("horizon_by_gradient")
    return Measured(
        accuracies=accuracies,
        chance=model["chance_accuracy"],
        sequences=model["sequences"],
        better_than_chance=bool(model["better"]),
        solved=bool(model["solved"]),
        diverged=bool(model["diverged"]),
        lag=make_task(experiment.task).lag(model["length"]),
        gradient_horizon=None if horizon is None else int(horizon),
        gradient_norm=largest_norm,
        clip=experiment.clip if by_norm else None,
        saturation=values.get("saturation_h", math.nan),
        keep_gate=values.get(f"mean_{cell.forget_gate}"),
        truncate=experiment.truncate,
        overflow=_overflow(values),
    )


def _overflow(values: dict[str, float]) -> str:
    sentences = []
    if "overflow_state_t" in values:
        sentences.append(f"The state was not finite from t = {values['overflow_state_t']:.0f} on.")
    if "overflow_gradient_t" in values:
        t = values["overflow_gradient_t"]
        sentences.append(f"The gradient was not finite at t = {t:.0f} and before.")
    return " ".join(sentences)


def _latest_values(diagnostics: pd.DataFrame) -> dict[tuple[object, ...], dict[str, float]]:
    """The latest value of each diagnostic by name, by model; NaN is left out."""
    ordered = diagnostics.sort_values("step").drop_duplicates([*MODEL, "diagnostic"], keep="last")
    return {
        key: dict(zip(rows["diagnostic"], rows["value"], strict=True))
        for key, rows in ordered.dropna(subset="value").groupby(MODEL)
    }


def _largest_norms(training: pd.DataFrame) -> dict[Hashable, float]:
    """The largest finite gradient norm before clipping, by model."""
    finite = training[np.isfinite(training["gradient_norm"].astype(float))]
    return finite.groupby(MODEL)["gradient_norm"].max().to_dict()
