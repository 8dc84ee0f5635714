"""What a cell's gradient before training foretells, as a table: one row a cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.diagnostics.half_lives import median_half_life
from models.diagnostics.horizon import gradient_horizon
from models.diagnostics.prediction import SMALLEST, trainable_length

COLUMNS = {
    "half_life": "half_life_h",
    "half_life_c": "half_life_c",
    "half_life_theory": "half_life_theory",
    "horizon_by_gradient": "horizon_by_gradient",
    "spectral_radius": "spectral_radius",
    "lyapunov_exponent": "lyapunov_exponent",
}
"""Of the summary, and the diagnostic that each is."""


def summarise_birth(
    gradients: pd.DataFrame, diagnostics: pd.DataFrame, length: int
) -> pd.DataFrame:
    """One row per cell, in the order in which they appear; only rows of step 0 are used.

    Medians over seeds at this length, in steps: half_life (of ∂L/∂h; negative where it doubles),
    half_life_c, half_life_theory, horizon_by_gradient; also spectral_radius and lyapunov_exponent;
    NaN where a cell has none. Over all lengths: predicted (the longest trainable length), bound
    (``<`` or ``>`` where it lies outside the lengths, else empty) and prediction, both as text.
    """
    summary = predictions(gradients)
    for column, diagnostic in COLUMNS.items():
        summary[column] = summary["cell"].map(at_birth(diagnostics, diagnostic, length))
    return summary


def at_birth(diagnostics: pd.DataFrame, diagnostic: str, length: int) -> dict[str, float]:
    """Per cell, the median over seeds at step 0; cells that do not have it are left out."""
    rows = diagnostics[
        (diagnostics["step"] == 0)
        & (diagnostics["diagnostic"] == diagnostic)
        & (diagnostics["length"] == length)
    ]
    middle = median_half_life if diagnostic.startswith("half_life") else np.median
    medians = rows.groupby("cell", sort=False)["value"].apply(middle)
    return {str(cell): float(value) for cell, value in medians.items() if not np.isnan(value)}


def horizons_at_birth(gradients: pd.DataFrame, length: int, state: str) -> dict[str, int]:
    """Per cell with this state, how many steps back 1 % of its gradient reaches: the median."""
    rows = gradients[
        (gradients["step"] == 0) & (gradients["length"] == length) & (gradients["state"] == state)
    ].sort_values("t")
    models = rows.groupby(["cell", "seed", "learning_rate"])["gradient_norm"]
    reached = models.apply(lambda norms: gradient_horizon(norms.to_numpy()))
    return {str(cell): int(own.median()) for cell, own in reached.groupby("cell")}


def predictions(gradients: pd.DataFrame) -> pd.DataFrame:
    """Per cell: predicted, bound and prediction, see ``models.diagnostics.prediction``."""
    ratios = _first_over_last(gradients[gradients["step"] == 0])
    rows = []
    for cell in gradients["cell"].unique():
        own = ratios[ratios["cell"] == cell]
        length, bound = trainable_length(own["length"].to_list(), own["ratio"].to_list())
        text = f"{bound} {length:.0f}".strip()
        rows.append({"cell": cell, "predicted": length, "bound": bound, "prediction": text})
    return pd.DataFrame(rows, columns=["cell", "predicted", "bound", "prediction"])


def _first_over_last(profiles: pd.DataFrame) -> pd.DataFrame:
    """Per cell and length, ``ratio``: g_1 / g_T of the state that carries it best.

    It is the geometric mean over models.
    """
    model = ["cell", "length", "seed", "learning_rate"]
    models = profiles.sort_values("t").groupby([*model, "state"])
    norms = models["gradient_norm"].agg(["first", "last"])
    with np.errstate(divide="ignore", invalid="ignore"):
        log = (norms["first"] / norms["last"]).clip(lower=SMALLEST).map(np.log)
    best = log.groupby(model).max().groupby(["cell", "length"]).mean()
    return best.map(np.exp).rename("ratio").reset_index()
