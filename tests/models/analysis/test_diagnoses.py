"""The diagnosis of every model of a run, from its tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from models.analysis.diagnoses import diagnoses
from models.analysis.diagnosis import RULES
from models.experiment import Experiment
from models.tasks import make_task
from tests.models.tables import table

EXPERIMENT = Experiment(cells=("lstm", "rnn"), lengths=(50,), seeds=1)
LAG = make_task("temporal_order").lag(50)
STUCK = (0.25,) * 8
HEALTHY = {"horizon_by_gradient": 49.0, "saturation_h": 0.1, "mean_f": 0.99}
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def tables(
    accuracies: tuple[float, ...] = STUCK,
    norms: tuple[float, ...] = (0.5, 12.0, 0.1),
    latest: Mapping[str, float] = HEALTHY,
    solved: bool = False,
    diverged: bool = False,
    **identity: object,
) -> Tables:
    """The tables accuracy, training and diagnostics of one model."""
    model = {"cell": "lstm", "length": 50, **identity}
    last = len(accuracies) - 1
    accuracy = [
        {**model, "step": 25 * place, "accuracy": value}
        | {"solved": solved and place == last, "diverged": diverged and place > 0}
        for place, value in enumerate(accuracies)
    ]
    training = [
        {**model, "step": step, "gradient_norm": norm, "clipped": norm > 1}
        for step, norm in enumerate(norms, start=1)
    ]
    # At initialisation everything was different.
    diagnostics = [
        {**model, "step": step, "diagnostic": name, "value": value}
        for name, last_value in latest.items()
        for step, value in ((0, 1.0), (25 * last, last_value))
    ]
    return (
        table("accuracy", *accuracy),
        table("training", *training),
        table("diagnostics", *diagnostics),
    )


def together(*several: Tables) -> Tables:
    """The tables of several models as those of one run."""
    accuracy, training, diagnostics = (
        pd.concat(frames, ignore_index=True) for frames in zip(*several, strict=True)
    )
    return accuracy, training, diagnostics


def verdict(made: Tables, experiment: Experiment = EXPERIMENT) -> tuple[str, str]:
    """Of the only model: verdict and sentence."""
    (row,) = diagnoses(experiment, *made).to_dict("records")
    assert row["rule"] == next(rule.text for rule in RULES if rule.verdict == row["verdict"])
    return row["verdict"], row["sentence"]


SHORT = {**HEALTHY, "horizon_by_gradient": 12.0}
CASES: dict[str, tuple[Tables, str]] = {
    "solved": (tables((*STUCK, 1.0), solved=True), "100.0% on 256"),
    "diverged": (tables(norms=(0.5, 80.0, math.inf), diverged=True), "gradient norm was 80."),
    "gate shut": (
        tables(latest={**SHORT, "mean_f": 0.73}),
        f"12 steps back, and the informative input lies {LAG} back",
    ),
    "gradient exploded": (tables(norms=(0.5, 2000.0, 1.0)), "2,000 times the clipping"),
    "saturated": (tables(latest={**SHORT, "saturation_h": 0.8}), "80% of the values"),
    "gradient vanished": (tables(latest=SHORT), "further back than 12 steps"),
    "too few steps": (tables((0.25, 0.25, 0.3, 0.3, 0.4, 0.4, 0.6, 0.6)), "from 40.0%"),
    "at chance": (tables(), f"input, {LAG} steps back"),
    "learned in part": (tables((0.25, 0.5, 0.5, 0.5, 0.5)), "50.0% on"),
    "forgot again": (tables((0.25, 0.9, *STUCK)), "90.0% of"),
}


def test_there_is_a_table_for_every_verdict() -> None:
    assert {*CASES, "gradient truncated"} == {rule.verdict for rule in RULES}


def test_a_truncated_gradient_that_does_not_reach_back_is_to_blame() -> None:
    window = Experiment.from_mapping({**vars(EXPERIMENT), "truncate": 20})
    found, sentence = verdict(tables(latest=SHORT), window)
    assert found == "gradient truncated"
    assert f"{LAG} steps back, but back-propagation stops after 20" in sentence
    wide = Experiment.from_mapping({**vars(EXPERIMENT), "truncate": 50})
    assert verdict(tables(latest=SHORT), wide)[0] == "gradient vanished"


@pytest.mark.parametrize("expected", CASES)
def test_a_verdict_from_tables_with_the_numbers_it_rests_on(expected: str) -> None:
    made, numbers = CASES[expected]
    found, sentence = verdict(made)
    assert found == expected
    assert numbers in sentence


@pytest.mark.parametrize(
    ("clip", "clip_by", "norm", "expected"),
    [
        (1.0, "norm", 500.0, "at chance"),
        (0.1, "norm", 500.0, "gradient exploded"),
        (0.0, "norm", 500.0, "gradient exploded"),
        (0.0, "norm", 50.0, "at chance"),
        # The threshold on each number says nothing of the norm.
        (0.1, "value", 500.0, "gradient exploded"),
        (0.1, "value", 99.0, "at chance"),
    ],
)
def test_what_counts_as_exploded_depends_on_the_clipping(
    clip: float, clip_by: str, norm: float, expected: str
) -> None:
    experiment = Experiment.from_mapping({**vars(EXPERIMENT), "clip": clip, "clip_by": clip_by})
    assert verdict(tables(norms=(1.0, norm)), experiment)[0] == expected


def test_a_norm_that_is_not_finite_does_not_hide_the_largest_finite_one() -> None:
    assert verdict(tables(norms=(3000.0, math.nan, math.inf)))[0] == "gradient exploded"


def test_a_cell_without_a_keep_gate_has_none_that_is_shut() -> None:
    found, _ = verdict(tables(cell="rnn", latest={**SHORT, "mean_f": 0.1}))
    assert found == "gradient vanished"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (tables((*STUCK, 1.0), latest={}, solved=True), "solved"),
        (tables(latest={}, diverged=True), "diverged"),
        (tables(latest={}, norms=(2000.0,)), "gradient exploded"),
        (tables(latest={}), "at chance"),
        (tables(latest={"horizon_by_gradient": math.nan}), "at chance"),
    ],
)
def test_an_older_run_without_diagnostics_is_judged_by_the_rest(
    made: Tables, expected: str
) -> None:
    found, sentence = verdict(made)
    assert found == expected
    if found == "at chance":
        assert sentence.endswith("How far back the gradient reaches was not measured.")


def test_each_learning_rate_and_seed_is_a_model_of_its_own() -> None:
    made = together(
        tables(learning_rate=0.1, latest=SHORT),
        tables(learning_rate=0.01),
        tables(seed=1, learning_rate=0.1, norms=(5000.0,)),
        tables(cell="rnn", learning_rate=0.1, solved=True),
    )
    experiment = replace(EXPERIMENT, seeds=2, learning_rate=(0.01, 0.1))
    found = diagnoses(experiment, *made)
    by_model = found.set_index(["cell", "seed", "learning_rate"])["verdict"].to_dict()
    assert by_model == {
        ("lstm", 0, 0.1): "gradient vanished",
        ("lstm", 0, 0.01): "at chance",
        ("lstm", 1, 0.1): "gradient exploded",
        ("rnn", 0, 0.1): "solved",
    }


def test_the_columns_are_the_same_with_and_without_rows() -> None:
    columns = ["cell", "length", "seed", "learning_rate", "verdict", "rule", "sentence"]
    assert list(diagnoses(EXPERIMENT, *tables()).columns) == columns
    accuracy, training, diagnostics = (frame.iloc[:0] for frame in tables())
    assert list(diagnoses(EXPERIMENT, accuracy, training, diagnostics).columns) == columns
