"""Each rule of the diagnosis and their order."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.analysis.diagnosis import RULES, Measured, diagnose

STUCK = Measured(
    accuracies=[0.25] * 8,
    chance=0.25,
    sequences=256,
    better_than_chance=False,
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
    "too few steps": replace(
        STUCK, accuracies=[0.25, 0.25, 0.26, 0.3, 0.3, 0.35, 0.45, 0.5], gradient_horizon=3
    ),
    "gradient exploded": replace(STUCK, gradient_norm=2000.0, gradient_horizon=3),
    "gradient truncated": replace(STUCK, truncate=20, gradient_horizon=19, keep_gate=0.73),
    "gate shut": replace(STUCK, keep_gate=0.73, gradient_horizon=12, saturation=0.8),
    "saturated": replace(STUCK, saturation=0.8, gradient_horizon=12, keep_gate=0.99),
    "gradient vanished": replace(STUCK, gradient_horizon=12),
    "at chance": STUCK,
    "learned in part": replace(STUCK, accuracies=[0.25] * 4 + [0.5] * 4, better_than_chance=True),
    "forgot again": replace(
        STUCK, accuracies=[0.25, 0.63, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25], gradient_horizon=3
    ),
}
NUMBERS = {
    "solved": ("100.0%", "256"),
    "diverged": ("∞",),
    "too few steps": ("32.5%", "47.5%"),
    "gradient exploded": ("2,000", "threshold of 1"),
    "gradient truncated": ("45 steps back", "after 20"),
    "gate shut": ("0.73", "45", "7.1 · 10⁻⁷", "12"),
    "saturated": ("80%", "12 steps back", "lies 45 back"),
    "gradient vanished": ("45", "12"),
    "at chance": ("25.0%", "45"),
    "learned in part": ("50.0%", "25.0%", "45"),
    "forgot again": ("63.0%", "25.0%", "62.5%"),
}


@pytest.mark.parametrize("verdict", [rule.verdict for rule in RULES])
def test_each_rule(verdict: str) -> None:
    diagnosis = diagnose(CASES[verdict])
    assert diagnosis.verdict == verdict
    assert diagnosis.rule == next(rule.text for rule in RULES if rule.verdict == verdict)
    for number in NUMBERS[verdict]:
        assert number in diagnosis.sentence


def test_explosion_without_clipping() -> None:
    assert diagnose(replace(STUCK, gradient_norm=200.0)).verdict == "at chance"
    unclipped = diagnose(replace(STUCK, gradient_norm=200.0, clip=None))
    assert unclipped.verdict == "gradient exploded"
    assert "was not clipped by norm" in unclipped.sentence


def test_noise_and_few_evaluations_are_no_improvement() -> None:
    noisy = [0.22, 0.27, 0.24, 0.25, 0.23, 0.25, 0.27, 0.28]
    assert diagnose(replace(STUCK, accuracies=noisy)).verdict == "at chance"
    assert diagnose(replace(STUCK, accuracies=[0.1, 0.2, 0.3])).verdict == "at chance"


def test_a_half_open_gate_does_no_harm_where_the_gradient_reaches() -> None:
    assert diagnose(replace(STUCK, keep_gate=0.73)).verdict == "at chance"


def test_what_was_not_measured_decides_nothing() -> None:
    unmeasured = replace(
        STUCK,
        saturation=math.nan,
        gradient_norm=math.nan,
        accuracies=[math.nan] * 8,
        gradient_horizon=None,
        keep_gate=0.73,
    )
    assert diagnose(unmeasured).verdict == "at chance"


def test_what_never_remembered_did_not_forget() -> None:
    half_way = replace(STUCK, accuracies=[0.25, 0.62, 0.25, 0.25])
    assert diagnose(half_way).verdict == "at chance"
    still = replace(STUCK, accuracies=[0.25, 0.9, 0.7, 0.7], better_than_chance=True)
    assert diagnose(still).verdict == "learned in part"
