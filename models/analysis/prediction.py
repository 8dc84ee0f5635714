"""Up to which sequence length the gradient at initialisation says that a cell is trainable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models.analysis.schema import MODEL_KEYS

Bound = Literal["<", "", ">"]
"""Whether the true length is less or more than the one that is given."""
Cause = Literal["vanishes", "explodes", "unknown", ""]
"""Why a model cannot be trained: what its gradient does."""

THRESHOLD = 0.01
"""The least ratio g_1/g_T at initialisation with which a model is said to be trainable; its
inverse is the largest. See ``predict``."""
SMALLEST = 1e-38
"""The smallest normal float32: it stands in for a ratio that has become 0, its inverse for one that
has overflowed."""
ROUNDING = 1e-9
"""How far a logarithm may be off: a ratio of exactly THRESHOLD is not outside."""


@dataclass(frozen=True)
class Prediction:
    """The longest sequence length at which a cell should be trainable, and what ends it there."""

    length: float
    """The longest trainable length in steps, interpolated between two lengths tested."""
    bound: Bound
    """"<" where no length tested is trainable, ">" where all are: ``length`` is then the shortest
    or the longest of them; else empty."""
    cause: Cause
    """What the gradient does beyond that length; empty where all lengths are trainable."""

    @property
    def text(self) -> str:
        """The length with its bound as a memory span is written: "48", "< 20", "> 200"."""
        return f"{self.bound} {self.length:.0f}".strip()

    @property
    def words(self) -> str:
        """Length and cause in words: "≈ 48, then it explodes", "> 200", "< 20: it vanishes"."""
        if self.cause == "unknown":
            return f"{self.text}: not measurable"
        if self.bound == "":
            return f"≈ {self.text}, then it {self.cause}"
        return self.text if self.bound == ">" else f"{self.text}: it {self.cause}"


def predict(lengths: Sequence[int], log_ratios: Sequence[float]) -> Prediction:
    """The longest length up to which the gradient ratio stays from THRESHOLD to 1 / THRESHOLD.

    ``log_ratios`` has for each length the natural logarithm of g_1/g_T = ‖∂L/∂s_1‖ / ‖∂L/∂s_T‖
    before the first training step, of the state that carries it best (the larger of those of h and
    c), the median over seeds; -inf where g_1 is 0, inf where it overflowed, NaN where it was not
    measured, which counts as outside. Between two lengths the logarithm's distance from 0 is
    interpolated in log T. The bound is as in ``models.analysis.memory_span``.

    THRESHOLD was chosen among powers of √10 so that most models are predicted rightly, solved in
    that run or not, in dashboard/examples/who_remembers.zip (temporal order, H = 32, Adam,
    clipping): 51 of 60, where "solved" for all would be right for 40. On what it was not chosen
    for, it is right for 43 of 48 models (latch_trap.zip; the more frequent answer for all: 26), 30
    of 40 (adding.zip at rate 0.01; 27), and 13 of 16 (LITERATURE 4.3 without the LSTM, of which it
    has no c; 9). The ratio of h alone says less, 45 of 60 in the first: an LSTM with chrono bias
    keeps 1e-3 of it over 200 steps, and a quarter in c.

    The upper end is its inverse and was chosen on nothing. Of the 123 models in dashboard/examples
    whose gradient grows going back (ratio above 1, or overflowed) it is right for 101, where
    without an upper end it would be for 42; of the 66 among them whose gradients are clipped by
    norm for 54 and 32: clipping does not make up for a gradient that explodes. A ``rnn:gain=3``
    (H = 32, 3 seeds, 300 steps, rate 0.005) is predicted to be trainable up to 12 steps, solves
    temporal order over 10 and is at chance over 20 and 50.

    Where it errs, it mostly predicts too little: the GRU with keep bias 1 learns temporal order
    over 100 steps at 1e-7 and adding over 200 at 1e-13, since Adam makes up for small gradients
    and the gate opens in training.
    """
    order = np.argsort(lengths)
    T = np.asarray(lengths, float)[order]
    measured = np.asarray(log_ratios, float)[order]
    most = -np.log(SMALLEST)
    ratio = np.clip(np.nan_to_num(measured, nan=-np.inf, neginf=-most, posinf=most), -most, most)
    height = -np.log(THRESHOLD) - np.abs(ratio)
    outside = np.flatnonzero(height < -ROUNDING)
    if len(outside) == 0:
        return Prediction(float(T[-1]), ">", "")
    after = outside[0]
    cause = _cause(measured[after])
    if after == 0:
        return Prediction(float(T[0]), "<", cause)
    before = after - 1
    share = height[before] / (height[before] - height[after])
    return Prediction(float(T[before] * (T[after] / T[before]) ** share), "", cause)


def _cause(log_ratio: float) -> Cause:
    if np.isnan(log_ratio):
        return "unknown"
    return "explodes" if log_ratio > 0 else "vanishes"


def predictions(gradients: pd.DataFrame) -> pd.DataFrame:
    """``predict`` for each cell from the rows of step 0 of the table ``gradients``: one row a cell.

    Columns: cell, predicted and bound (``Prediction.length`` and ``bound``), prediction and verdict
    (``Prediction.text`` and ``words``).
    """
    ratios = end_ratios(gradients)
    best = ratios.groupby([*MODEL_KEYS], sort=False)["log_ratio"].max().reset_index()
    # A model without a ratio counts as one that carries nothing, if others have one.
    unmeasured = best["log_ratio"].isna().groupby([best["cell"], best["length"]]).transform("all")
    best["log_ratio"] = best["log_ratio"].fillna(-np.inf).mask(unmeasured)
    medians = best.groupby(["cell", "length"])["log_ratio"].median()
    rows = []
    for cell in ratios["cell"].unique():
        one = predict(medians[cell].index.to_list(), medians[cell].to_list())
        rows.append((cell, one.length, one.bound, one.text, one.words))
    return pd.DataFrame(rows, columns=["cell", "predicted", "bound", "prediction", "verdict"])


def predicted_lengths(gradients: pd.DataFrame) -> dict[str, float]:
    """The longest length at which each cell should be trainable, by cell; inf beyond those tested.

    ``gradients`` is the table of that name, of which step 0 is used.
    """
    predicted = predictions(gradients)
    lengths = predicted["predicted"].where(predicted["bound"] != ">", np.inf)
    return {
        str(cell): float(length) for cell, length in zip(predicted["cell"], lengths, strict=True)
    }


def end_ratios(gradients: pd.DataFrame) -> pd.DataFrame:
    """The natural logarithm of g_1 / g_T at step 0, g_t = ‖∂L/∂s_t‖: one row a model and state.

    Columns: cell, length, seed, learning_rate, state and ``log_ratio``: -inf where g_1 is 0, inf
    where g_1 is not finite, which means that the gradient overflowed in back-propagation, and NaN
    where g_T is 0 or not finite, so that there is no ratio.
    """
    rows = gradients[gradients["step"] == 0].sort_values("t", kind="stable")
    norms = rows.groupby([*MODEL_KEYS, "state"], sort=False)["gradient_norm"]
    first = norms.first(skipna=False).astype(float)
    last = norms.last(skipna=False).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = first.where(np.isfinite(first), np.inf).map(np.log) - last.map(np.log)
    measured = np.isfinite(last) & (last > 0)
    order = {cell: place for place, cell in enumerate(gradients["cell"].unique())}
    table = ratio.where(measured).rename("log_ratio").reset_index()
    ordered: pd.DataFrame = table.sort_values(
        "cell", key=lambda cells: cells.map(order), kind="stable"
    )
    return ordered
