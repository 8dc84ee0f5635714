"""Strategies for the tables that sentences are made from, and readers of these sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

import pandas as pd
from hypothesis import strategies as st

from models.analysis.schema import MODEL_COLUMNS
from models.analysis.statistics import latest
from models.cells import cell_title
from models.experiment import Experiment
from models.stories import story_presets
from tests.models.tables import profile, table

CELLS = ("rnn", "lstm", "gru")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def value(name: str) -> st.SearchStrategy[float]:
    """The values that a diagnostic can have, NaN and ties of rounding among them."""
    kind = name.split("_")[0]
    special = {
        "half": [math.inf, math.nan, 1.0, 9.95, 10.0, 10.5, 0.03, -1.0, -10.0],
        "spectral": [math.nan, 0.0, 0.994, 0.996, 1.0, 1.004, 1.006],
        "mean": [math.nan, 0.0, 0.5, 1.0],
        "accuracy": [math.nan, 0.5, 0.9, 1.0],
    }[kind]
    low, high = {"half": (0.01, 5e4), "spectral": (0.0, 5.0)}.get(kind, (0.0, 1.0))
    numbers = st.floats(low, high)
    if kind == "half":
        numbers = st.one_of(numbers, numbers.map(lambda x: -x))
    return st.one_of(st.sampled_from(special), numbers)


@st.composite
def accuracies(draw: st.DrawFn, experiment: Experiment) -> pd.DataFrame:
    """The table ``accuracy`` of some cells, at all lengths and seeds, after all or some steps."""
    cells = draw(st.lists(st.sampled_from(experiment.cells), min_size=1, unique=True))
    steps = st.sampled_from([experiment.steps, min(1, experiment.steps), 0])
    rows = []
    for cell in (cell for cell in experiment.cells if cell in cells):
        step = draw(st.sampled_from([experiment.steps] * 3) | steps)
        good = draw(st.sampled_from([0.0, 0.3, 0.6, 1.0]))
        for length in experiment.lengths:
            for seed in experiment.seed_numbers:
                score = draw(st.sampled_from([0.0, 0.25, 0.6, 0.625, 0.65, 1.0, good, good, good]))
                diverged = draw(st.sampled_from([False] * 5 + [True]))
                model = {"cell": cell, "length": length, "seed": seed, "step": step}
                flags = {"solved": score == 1.0 and not diverged, "diverged": diverged}
                loss = math.nan if diverged else 1.0
                rows.append({**model, **flags, "accuracy": score, "loss": loss})
    return table("accuracy", *rows)


@st.composite
def diagnostics(draw: st.DrawFn, experiment: Experiment) -> pd.DataFrame:
    """The table ``diagnostics`` of some cells at the longest length, at the first and last step."""
    names = ["half_life_h", "half_life_theory", "spectral_radius"]
    names += ["half_life_c", "mean_f"] if "lstm" in experiment.cells[0] else []
    names += [f"accuracy_part_{symbol}" for symbol in (1, 2, 3)]
    rows = []
    for cell in draw(st.lists(st.sampled_from(experiment.cells), unique=True)):
        for name in names:
            for step in (0, experiment.steps):
                for seed in experiment.seed_numbers:
                    model = {"cell": cell, "length": experiment.lengths[-1], "seed": seed}
                    drawn = {"diagnostic": name, "value": draw(value(name))}
                    rows.append({**model, "step": step, **drawn})
    return table("diagnostics", *rows)


def training(accuracy: pd.DataFrame, norms: list[float]) -> pd.DataFrame:
    """The table ``training`` of one step of every trained model, its gradient norm one of these."""
    rows = latest(accuracy).query("step > 0")
    of_rows = [norms[place % len(norms)] for place in range(len(rows))]
    clipped = [not norm <= 1 for norm in of_rows]
    return rows[[*MODEL_COLUMNS, "step"]].assign(
        gradient_norm=of_rows, clipped=clipped, loss=1.0, accuracy=0.5
    )


def profiles(powers: Mapping[str, list[float]], length: int = 2) -> pd.DataFrame:
    """Profiles of two steps: 1 at the last, and 10 to the power at the first."""
    rows = [
        row
        for cell, seeds in powers.items()
        for seed, exponent in enumerate(seeds)
        for row in profile(
            [10.0**exponent, 0.0 if math.isnan(exponent) else 1.0],
            cell=cell,
            seed=seed,
            length=length,
        )
    ]
    return table("gradients", *rows)


def named(text: str) -> set[str]:
    """The cells that a text names."""
    cells = set()
    # Longest names first: one may begin with another.
    for cell in sorted({*CELLS, *_all_cells()}, key=lambda cell: -len(cell_title(cell))):
        more = r"(?! with)(?! and (γ|Ω|gain|bias|batch|layer|identity|PyTorch))"
        pattern = rf"\bthe {re.escape(cell_title(cell))}{more}"
        if re.search(pattern, text, re.IGNORECASE):
            cells.add(cell)
    return cells


@cache
def _all_cells() -> frozenset[str]:
    return frozenset(
        cell for preset in story_presets().values() for cell in preset.experiment.cells
    )


def ends(text: str) -> tuple[float, float]:
    """The lengths between which a memory span lies, by its text."""
    if text == "none":
        return 0.0, 0.0
    if gap := re.fullmatch(r"between (\d+) and (\d+)", text):
        return float(gap[1]), float(gap[2])
    sign, _, number = text.rpartition(" ")
    bounds = {"<": (0.0, float(number)), ">": (float(number), math.inf)}
    return bounds.get(sign, (float(number), float(number)))


def power(text: str) -> float:
    """A number as it is shown: "10⁻³", "0.02", "4.1 · 10⁻⁷"."""
    mantissa, _, exponent = text.rpartition("10")
    if exponent and exponent[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
        factor = float(mantissa.replace(" · ", "") or 1)
        return factor * math.pow(10, float(exponent.translate(SUPERSCRIPTS)))
    return float(text)
