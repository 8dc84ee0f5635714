"""What a cell's gradient before training predicts, as a table: one row a cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.analysis.horizon import gradient_horizon
from models.analysis.prediction import predict
from models.analysis.statistics import median_over_seeds

COLUMNS = {
    "half_life": "half_life_h",
    "half_life_c": "half_life_c",
    "half_life_theory": "half_life_theory",
    "horizon_by_gradient": "horizon_by_gradient",
    "spectral_radius": "spectral_radius",
    "lyapunov_exponent": "lyapunov_exponent",
}
"""Of the summary, and the diagnostic that each is."""
MODEL = ["cell", "length", "seed", "learning_rate"]


def summarise_initialisation(
    gradients: pd.DataFrame, diagnostics: pd.DataFrame, length: int
) -> pd.DataFrame:
    """One row per cell, in the order in which they appear; only rows of step 0 are used.

    Medians over seeds at this length, in steps: half_life (of ∂L/∂h; negative where it doubles),
    half_life_c, half_life_theory, horizon_by_gradient; also spectral_radius and lyapunov_exponent;
    NaN where a cell has none. Over all lengths: predicted (the longest trainable length), bound
    (``<`` or ``>`` where it lies outside the lengths, else empty), prediction (both as text), and
    verdict (the same in words, with what the gradient does beyond).
    """
    summary = predictions(gradients)
    for column, diagnostic in COLUMNS.items():
        known = at_initialisation(diagnostics, diagnostic, length)
        summary[column] = [known.get(cell, np.nan) for cell in summary["cell"]]
    return summary


def at_initialisation(diagnostics: pd.DataFrame, diagnostic: str, length: int) -> dict[str, float]:
    """Per cell, the median over seeds at step 0; cells of which it is not known are left out."""
    medians = medians_at_initialisation(diagnostics, diagnostic, length).dropna(subset="median")
    return {str(cell): float(value) for cell, value in medians["median"].items()}


def medians_at_initialisation(
    diagnostics: pd.DataFrame, diagnostic: str, length: int
) -> pd.DataFrame:
    """``median_over_seeds`` of one diagnostic at step 0, by cell; all cells that have rows."""
    rows = diagnostics[
        (diagnostics["step"] == 0)
        & (diagnostics["diagnostic"] == diagnostic)
        & (diagnostics["length"] == length)
    ]
    return median_over_seeds(rows, ["cell"]).set_index("cell")


def horizons_at_initialisation(
    gradients: pd.DataFrame, length: int, state: str
) -> dict[str, float]:
    """Per cell with this state, how many steps back 1 % of its gradient reaches: the median."""
    rows = gradients[
        (gradients["step"] == 0) & (gradients["length"] == length) & (gradients["state"] == state)
    ].sort_values("t")
    reached: dict[str, list[int]] = {}
    for (cell, *_), norms in rows.groupby(["cell", "seed", "learning_rate"])["gradient_norm"]:
        reached.setdefault(str(cell), []).append(gradient_horizon(norms.to_numpy()))
    return {cell: float(np.median(horizons)) for cell, horizons in reached.items()}


def predictions(gradients: pd.DataFrame) -> pd.DataFrame:
    """Per cell: predicted, bound, prediction and verdict, from the rows of step 0.

    See ``models.analysis.prediction``.
    """
    ratios = end_ratios(gradients)
    best = ratios.groupby(MODEL, sort=False)["log_ratio"].max().reset_index()
    # A model of which it is not known counts as one that carries nothing, if others are known.
    unknown = best["log_ratio"].isna().groupby([best["cell"], best["length"]]).transform("all")
    best["log_ratio"] = best["log_ratio"].fillna(-np.inf).mask(unknown)
    medians = best.groupby(["cell", "length"])["log_ratio"].median()
    rows = []
    for cell in ratios["cell"].unique():
        found = predict(medians[cell].index.to_list(), medians[cell].to_list())
        rows.append((cell, found.length, found.bound, found.text, found.words))
    return pd.DataFrame(rows, columns=["cell", "predicted", "bound", "prediction", "verdict"])


def predicted_lengths(gradients: pd.DataFrame) -> dict[str, float]:
    """Per cell the longest length that it should be trainable at; inf beyond those tested."""
    predicted = predictions(gradients)
    lengths = predicted["predicted"].where(predicted["bound"] != ">", np.inf)
    return {
        str(cell): float(length) for cell, length in zip(predicted["cell"], lengths, strict=True)
    }


def end_ratios(gradients: pd.DataFrame) -> pd.DataFrame:
    """Per model and state ``log_ratio``, the natural logarithm of g_1 / g_T at step 0.

    It is -inf where g_1 is 0, inf where g_1 is not finite, which means that the gradient overflowed
    on its way back, and NaN where g_T is 0 or not finite: nothing is known then.
    """
    rows = gradients[gradients["step"] == 0].sort_values("t", kind="stable")
    norms = rows.groupby([*MODEL, "state"], sort=False)["gradient_norm"]
    first = norms.first(skipna=False).astype(float)
    last = norms.last(skipna=False).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = first.where(np.isfinite(first), np.inf).map(np.log) - last.map(np.log)
    known = np.isfinite(last) & (last > 0)
    order = {cell: place for place, cell in enumerate(gradients["cell"].unique())}
    table = ratio.where(known).rename("log_ratio").reset_index()
    ordered: pd.DataFrame = table.sort_values(
        "cell", key=lambda cells: cells.map(order), kind="stable"
    )
    return ordered
