"""What a cell's gradient before training foretells, as a table: one row a cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.analysis.half_lives import median_half_life
from models.analysis.horizon import gradient_horizon
from models.analysis.prediction import SMALLEST, trainable_length

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
        known = at_birth(diagnostics, diagnostic, length)
        summary[column] = [known.get(cell, np.nan) for cell in summary["cell"]]
    return summary


def at_birth(diagnostics: pd.DataFrame, diagnostic: str, length: int) -> dict[str, float]:
    """Per cell, the median over seeds at step 0; cells that do not have it are left out."""
    rows = diagnostics[
        (diagnostics["step"] == 0)
        & (diagnostics["diagnostic"] == diagnostic)
        & (diagnostics["length"] == length)
    ]
    middle = median_half_life if diagnostic.startswith("half_life") else np.median
    known = rows.dropna(subset="value").groupby("cell", sort=False)["value"]
    return {str(cell): float(middle(values)) for cell, values in known}


def horizons_at_birth(gradients: pd.DataFrame, length: int, state: str) -> dict[str, int]:
    """Per cell with this state, how many steps back 1 % of its gradient reaches: the median."""
    rows = gradients[
        (gradients["step"] == 0) & (gradients["length"] == length) & (gradients["state"] == state)
    ].sort_values("t")
    reached: dict[str, list[int]] = {}
    for (cell, *_), norms in rows.groupby(["cell", "seed", "learning_rate"])["gradient_norm"]:
        reached.setdefault(str(cell), []).append(gradient_horizon(norms.to_numpy()))
    return {cell: int(np.median(horizons)) for cell, horizons in reached.items()}


def predictions(gradients: pd.DataFrame) -> pd.DataFrame:
    """Per cell: predicted, bound and prediction, see ``models.analysis.prediction``."""
    born = gradients[gradients["step"] == 0]
    ratios = _first_over_last(born)
    rows = []
    for cell in born["cell"].unique():
        own = ratios[ratios["cell"] == cell]
        length, bound = trainable_length(own["length"].to_list(), own["ratio"].to_list())
        text = f"{bound} {length:.0f}".strip()
        rows.append({"cell": cell, "predicted": length, "bound": bound, "prediction": text})
    return pd.DataFrame(rows, columns=["cell", "predicted", "bound", "prediction"])


def predicted_lengths(gradients: pd.DataFrame) -> dict[str, float]:
    """Per cell the longest length that it should be trainable at; inf beyond those tested."""
    foretold = predictions(gradients)
    lengths = foretold["predicted"].where(foretold["bound"] != ">", np.inf)
    return {
        str(cell): float(length) for cell, length in zip(foretold["cell"], lengths, strict=True)
    }


def _first_over_last(profiles: pd.DataFrame) -> pd.DataFrame:
    """Per cell and length, ``ratio``: g_1 / g_T of the state that carries it best.

    It is the geometric mean over models. What is not a number counts as SMALLEST.
    """
    model = ["cell", "length", "seed", "learning_rate"]
    models = profiles.sort_values("t").groupby([*model, "state"])
    norms = models["gradient_norm"]
    first, last = norms.first(skipna=False), norms.last(skipna=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (first.astype(float) / last.astype(float)).fillna(SMALLEST)
    log = ratio.clip(lower=SMALLEST).map(np.log)
    best = log.groupby(model).max().groupby(["cell", "length"]).mean()
    return best.map(np.exp).rename("ratio").reset_index()
