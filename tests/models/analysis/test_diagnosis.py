"""Each rule of the diagnosis, its order, the names, and the prediction at initialisation."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.analysis.diagnosis import RULES, Measured, diagnose
from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.prediction import THRESHOLD, predict
from models.cells import CELLS

STUCK = Measured(
    accuracies=[0.25] * 8,
    chance=0.25,
    sequences=256,
    solved=False,
    diverged=False,
    lag=45,
    gradient_horizon=49,
    gradient_norm=12.0,
    clip=1.0,
    saturation=0.1,
    keep_gate=None,
)

CASES = {
    "solved": replace(STUCK, solved=True, accuracies=[0.25, 1.0], diverged=True),
    "diverged": replace(STUCK, diverged=True, gradient_norm=math.inf),
    "still improving": replace(
        STUCK, accuracies=[0.25, 0.25, 0.26, 0.3, 0.3, 0.35, 0.45, 0.5], gradient_horizon=3
    ),
    "gradient exploded": replace(STUCK, gradient_norm=2000.0, gradient_horizon=3),
    "gradient truncated": replace(STUCK, truncate=20, gradient_horizon=19, keep_gate=0.73),
    "gate shut": replace(STUCK, keep_gate=0.73, gradient_horizon=12, saturation=0.8),
    "saturated": replace(STUCK, saturation=0.8, gradient_horizon=12, keep_gate=0.99),
    "gradient vanished": replace(STUCK, gradient_horizon=12),
    "unclear": STUCK,
}
NUMBERS = {
    "solved": ("100.0%", "256"),
    "diverged": ("inf",),
    "still improving": ("32.5%", "47.5%"),
    "gradient exploded": ("2,000", "threshold of 1"),
    "gradient truncated": ("45 steps back", "after 20"),
    "gate shut": ("0.73", "45", "7.1e-07", "12"),
    "saturated": ("80%", "12 of the 45"),
    "gradient vanished": ("45", "12"),
    "unclear": ("25.0%", "45"),
}


@pytest.mark.parametrize("verdict", [rule.verdict for rule in RULES])
def test_each_rule(verdict: str) -> None:
    diagnosis = diagnose(CASES[verdict])
    assert diagnosis.verdict == verdict
    assert diagnosis.rule == next(rule.text for rule in RULES if rule.verdict == verdict)
    for number in NUMBERS[verdict]:
        assert number in diagnosis.sentence


def test_explosion_without_clipping() -> None:
    assert diagnose(replace(STUCK, gradient_norm=200.0)).verdict == "unclear"
    unclipped = diagnose(replace(STUCK, gradient_norm=200.0, clip=None))
    assert unclipped.verdict == "gradient exploded"
    assert "was not clipped by norm" in unclipped.sentence


def test_noise_and_few_evaluations_are_no_improvement() -> None:
    noisy = [0.22, 0.27, 0.24, 0.25, 0.23, 0.25, 0.27, 0.28]
    assert diagnose(replace(STUCK, accuracies=noisy)).verdict == "unclear"
    assert diagnose(replace(STUCK, accuracies=[0.1, 0.5, 0.9])).verdict == "unclear"


def test_a_half_open_gate_does_no_harm_where_the_gradient_reaches() -> None:
    assert diagnose(replace(STUCK, keep_gate=0.73)).verdict == "unclear"


def test_what_was_not_measured_decides_nothing() -> None:
    unknown = replace(STUCK, saturation=math.nan, gradient_norm=math.nan, accuracies=[math.nan] * 8)
    assert diagnose(unknown).verdict == "unclear"


def test_names_cover_all_cells_and_need_no_torch() -> None:
    for cell in CELLS.values():
        assert {f"half_life_{state}" for state in cell.states} <= set(DIAGNOSTICS)
        assert {f"saturation_{gate}" for gate in (*cell.gates, "h")} <= set(DIAGNOSTICS)
        assert {f"mean_{gate}" for gate in cell.gates[:-1]} <= set(DIAGNOSTICS)
    assert all(name == diagnostic.name for name, diagnostic in DIAGNOSTICS.items())
    command = "import sys, models.analysis.diagnostic_names; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", command], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize(
    ("lengths", "ratios", "text", "words"),
    [
        ([20, 50, 200], [1.0, 0.1, THRESHOLD], "> 200", "> 200"),
        ([20, 50, 200], [1.0, 10.0, 1 / THRESHOLD], "> 200", "> 200"),
        ([20, 50, 200], [1e-5, 1e-9, 0.0], "< 20", "< 20: it vanishes"),
        ([20, 50, 200], [1e5, 1e9, math.inf], "< 20", "< 20: it explodes"),
        ([200, 50], [THRESHOLD / 100, THRESHOLD * 100], "100", "≈ 100, then it vanishes"),
        ([200, 50], [100 / THRESHOLD, 0.01 / THRESHOLD], "100", "≈ 100, then it explodes"),
        ([50, 100], [THRESHOLD, 0.0], "50", "≈ 50, then it vanishes"),
        ([20, 50], [math.inf, math.inf], "< 20", "< 20: it explodes"),
        ([20, 50], [math.nan, 1.0], "< 20", "< 20: not measurable"),
    ],
)
def test_what_is_trainable_neither_vanishes_nor_explodes(
    lengths: list[int], ratios: list[float], text: str, words: str
) -> None:
    with np.errstate(divide="ignore"):
        found = predict(lengths, np.log(ratios).tolist())
    assert (found.text, found.words) == (text, words)
