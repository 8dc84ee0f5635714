"""Why each model did not learn: ``models.analysis.diagnosis`` over the tables of a run."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.diagnosis import Diagnosis, Measured, diagnose
from models.analysis.statistics import latest
from models.cells import CELLS
from models.experiment import Experiment
from models.settings import spec
from models.tasks import make_task

MODEL = ["cell", "length", "seed", "learning_rate"]
HORIZON = "horizon_by_gradient"


def diagnoses(
    experiment: Experiment,
    accuracy: pd.DataFrame,
    training: pd.DataFrame,
    diagnostics: pd.DataFrame,
) -> pd.DataFrame:
    """One row per model: cell, length, seed, learning_rate, verdict, rule, sentence.

    The latest value of each diagnostic counts, of the gradient norm the largest finite one. Older
    runs have no diagnostics: rules that need one do not hold then.
    """
    values = _latest_values(diagnostics)
    largest = _largest_norms(training)
    curves = accuracy.sort_values("step").groupby(MODEL)["accuracy"].apply(list)
    rows = []
    for model in latest(accuracy).to_dict("records"):
        key = tuple(model[name] for name in MODEL)
        known = values.get(key, {})
        measured = _measured(experiment, model, curves[key], known, largest.get(key, 0.0))
        found = _found(measured, HORIZON in known)
        sentences = {"verdict": found.verdict, "rule": found.rule, "sentence": found.sentence}
        rows.append({**{name: model[name] for name in MODEL}, **sentences})
    return pd.DataFrame(rows, columns=[*MODEL, "verdict", "rule", "sentence"])


def _found(measured: Measured, horizon_known: bool) -> Diagnosis:
    found = diagnose(measured)
    if found.verdict != "unclear" or horizon_known:
        return found
    sentences = (
        f"{measured.accuracy:.1%} of {measured.sequences} held-out sequences are right, by chance "
        f"{measured.chance:.1%} are. How far back the gradient reaches was not measured."
    )
    return replace(found, sentence=sentences)


def _measured(
    experiment: Experiment,
    model: dict[Hashable, Any],
    accuracies: list[float],
    values: dict[str, float],
    largest_norm: float,
) -> Measured:
    cell, _ = spec.parse("cell", model["cell"], CELLS)
    by_norm = experiment.clip > 0 and experiment.clip_by == "norm"
    lag = make_task(experiment.task).lag(model["length"])
    return Measured(
        accuracies=accuracies,
        chance=model["chance_accuracy"],
        sequences=model["sequences"],
        solved=bool(model["solved"]),
        diverged=bool(model["diverged"]),
        lag=lag,
        # One that is not known accuses nobody.
        gradient_horizon=int(values.get(HORIZON, lag)),
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
        sentences.append(f"The gradient was not finite from t = {t:.0f} on its way back.")
    return " ".join(sentences)


def _latest_values(diagnostics: pd.DataFrame) -> dict[tuple[object, ...], dict[str, float]]:
    ordered = diagnostics.sort_values("step").drop_duplicates([*MODEL, "diagnostic"], keep="last")
    return {
        key: dict(zip(rows["diagnostic"], rows["value"], strict=True))
        for key, rows in ordered.dropna(subset="value").groupby(MODEL)
    }


def _largest_norms(training: pd.DataFrame) -> dict[Hashable, float]:
    finite = training[np.isfinite(training["gradient_norm"].astype(float))]
    return finite.groupby(MODEL)["gradient_norm"].max().to_dict()
