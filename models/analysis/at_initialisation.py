"""What was measured of each cell at initialisation, before the first training step."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.analysis.gradient_profile import gradient_horizon
from models.analysis.prediction import predictions
from models.analysis.statistics import median_over_seeds

COLUMNS = {
    "half_life": "half_life_h",
    "half_life_c": "half_life_c",
    "half_life_theory": "half_life_theory",
    "horizon_by_gradient": "horizon_by_gradient",
    "spectral_radius": "spectral_radius",
    "lyapunov_exponent": "lyapunov_exponent",
}
"""The columns of ``summarise_initialisation`` that are medians, and the diagnostic of each."""


def summarise_initialisation(
    gradients: pd.DataFrame, diagnostics: pd.DataFrame, length: int
) -> pd.DataFrame:
    """The tables ``gradients`` and ``diagnostics`` at step 0 in one row a cell, in their order.

    Medians over seeds at this length: half_life (of ∂L/∂h, in steps; negative where it doubles),
    half_life_c, half_life_theory and horizon_by_gradient, in steps; spectral_radius;
    lyapunov_exponent, in nats per step; NaN where a cell has none. Over all lengths: the columns of
    ``models.analysis.prediction.predictions``.
    """
    summary = predictions(gradients)
    for column, diagnostic in COLUMNS.items():
        medians = at_initialisation(diagnostics, diagnostic, length)
        summary[column] = [medians.get(cell, np.nan) for cell in summary["cell"]]
    return summary


def at_initialisation(diagnostics: pd.DataFrame, diagnostic: str, length: int) -> dict[str, float]:
    """The median over seeds of a diagnostic at step 0, by cell, of the cells that have a value."""
    medians = medians_at_initialisation(diagnostics, diagnostic, length).dropna(subset="median")
    return {str(cell): float(value) for cell, value in medians["median"].items()}


def medians_at_initialisation(
    diagnostics: pd.DataFrame, diagnostic: str, length: int
) -> pd.DataFrame:
    """``median_over_seeds`` of one diagnostic at step 0, with the cell as the index.

    Every cell that has rows is in it, also where all its values are NaN.
    """
    rows = diagnostics[
        (diagnostics["step"] == 0)
        & (diagnostics["diagnostic"] == diagnostic)
        & (diagnostics["length"] == length)
    ]
    return median_over_seeds(rows, ["cell"]).set_index("cell")


def horizons_at_initialisation(
    gradients: pd.DataFrame, length: int, state: str
) -> dict[str, float]:
    """The median over seeds of ``gradient_horizon`` at step 0, in steps, by cell.

    A cell that lacks the state (h or c) is left out.
    """
    rows = gradients[
        (gradients["step"] == 0) & (gradients["length"] == length) & (gradients["state"] == state)
    ].sort_values("t")
    reached: dict[str, list[int]] = {}
    for (cell, *_), norms in rows.groupby(["cell", "seed", "learning_rate"])["gradient_norm"]:
        reached.setdefault(str(cell), []).append(gradient_horizon(norms.to_numpy()))
    return {cell: float(np.median(horizons)) for cell, horizons in reached.items()}
