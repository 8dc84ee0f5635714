"""Each claim measures its own tables: made-up ones in which it holds, fails, and says nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from models.claims import CLAIMS, Case, Claim, Measured
from models.claims.claim import SEEDS
from models.claims.decision import judge
from models.claims.record import recorded
from models.experiment import Experiment
from tests.models.stories.conclusions import proofread
from tests.models.tables import CHANCE, profile, table

Number = Callable[[str, int, int], float]
"""Of a cell, a length and a seed."""
REMEMBER, FORGET = 1.0, 0.0


def scores(experiment: Experiment, of: Number) -> pd.DataFrame:
    """The table ``accuracy`` after training, with scaled scores."""
    return table(
        "accuracy",
        *(
            {
                "task": experiment.task,
                "cell": cell,
                "length": length,
                "seed": seed,
                "step": experiment.steps,
                "accuracy": CHANCE + (1 - CHANCE) * of(cell, length, seed),
            }
            for cell in experiment.cells
            for length in experiment.lengths
            for seed in experiment.seed_numbers
        ),
    )


def gradients(experiment: Experiment, of: Number, through_c: Number | None = None) -> pd.DataFrame:
    """The table ``gradients``, by powers of ten of the ratio of its ends."""
    rows = [
        {**row, "state": state, "t": {1: 1, 2: length}[row["t"]]}  # type: ignore[index]
        for cell in experiment.cells
        for length in experiment.lengths
        for seed in experiment.seed_numbers
        for state, ratio in (("h", of), ("c", through_c))
        if ratio is not None and (state == "h" or cell.startswith("lstm"))
        for row in profile(
            [10.0 ** ratio(cell, length, seed), 1.0], cell=cell, seed=seed, length=length
        )
    ]
    return table("gradients", *rows)


def diagnostics(
    experiment: Experiment, of: Mapping[str, Callable[[str, int, int], float]], steps: Sequence[int]
) -> pd.DataFrame:
    """The table ``diagnostics`` of a value by name of a cell, a step and a seed."""
    return table(
        "diagnostics",
        *(
            {"cell": cell, "length": length, "seed": seed, "step": step, "diagnostic": name}
            | {"value": value(cell, step, seed)}
            for name, value in of.items()
            for cell in experiment.cells
            for length in experiment.lengths
            for seed in experiment.seed_numbers
            for step in steps
        ),
    )


def norms(experiment: Experiment, largest: float) -> pd.DataFrame:
    return table(
        "training",
        *(
            {"cell": cell, "length": length, "seed": seed, "step": 1, "gradient_norm": largest}
            for cell in experiment.cells
            for length in experiment.lengths
            for seed in experiment.seed_numbers
        ),
    )


def relu(cell: str) -> bool:
    return "relu" in cell


def holding(name: str, experiment: Experiment, *, holds: bool) -> dict[str, pd.DataFrame]:
    """Tables of an experiment of a claim in which it holds for every seed, or for none."""

    def either(yes: float, no: float) -> float:
        return yes if holds else no

    def by_place(cell: str, length: int, seed: int) -> float:
        return -float(experiment.cells.index(cell))

    spreads = {
        f"spread_{gate}": lambda cell, step, seed: 0.1 * (either(3, 1) if step else 1)
        for gate in "ifozr"
    }
    parts = {
        "accuracy_part_1": lambda cell, step, seed: 0.5 + either(0, 0.4) * (step > 0),
        "accuracy_part_3": lambda cell, step, seed: 0.5 + either(0.4, 0) * (step > 0),
    }
    of_claim: dict[str, Callable[[], dict[str, pd.DataFrame]]] = {
        "longer_is_less_stable": lambda: {
            "gradients": gradients(experiment, lambda c, T, s: -either(T / 10, 1))
        },
        "tanh_keeps_from_exploding": lambda: {
            "gradients": gradients(experiment, lambda c, T, s: either(9.0 * relu(c), 9.0))
        },
        "batch_norm_helps_little": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: either(0.5, 0.5 + 0.3 * ("batch" in c)))
        },
        "layer_norm_helps": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: 0.5 + either(0.3, 0) * ("layer" in c)),
            "gradients": gradients(experiment, lambda c, T, s: -5 + either(4, 0) * ("layer" in c)),
        },
        "forgets_beyond_ten": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: either(float(T == 10), 1))
        },
        "early_inputs_count_less": lambda: {
            "diagnostics": diagnostics(experiment, parts, (0, 25, 50))
        },
        "c_survives": lambda: {
            "gradients": gradients(experiment, lambda c, T, s: -9, lambda c, T, s: either(-1, -9))
        },
        "other_paths_explode": lambda: {
            "gradients": gradients(
                experiment, lambda c, T, s: either(5, 1) * (c == experiment.cells[1])
            )
        },
        "gates_specialise": lambda: {"diagnostics": diagnostics(experiment, spreads, (0, 300))},
        "gru_as_good": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: either(0.8, 0.4) if c == "gru" else 0.7)
        },
        "gated_handle_100": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: either(REMEMBER, FORGET))
        },
        "simple_rnn_latches": lambda: {
            "accuracy": scores(
                experiment, lambda c, T, s: either(float(c == experiment.cells[0]), FORGET)
            )
        },
        "bias_decides": lambda: {
            "accuracy": scores(
                experiment,
                lambda c, T, s: float("chrono" in c if holds else "gru" in c) * 0.8 + 0.01 * s,
            )
        },
        "gradient_predicts": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: float(by_place(c, T, s) < -2)),
            "gradients": gradients(
                experiment, lambda c, T, s: either(-1, 1) * (9 + by_place(c, T, s)) - 9
            ),
        },
        "clipping_rescues": lambda: {
            "accuracy": scores(experiment, lambda c, T, s: either(float(experiment.clip > 0), 0.5)),
            "training": norms(experiment, 1000.0),
        },
    }
    return of_claim[name]()


def measured_cases(
    name: str, tables: Callable[[Experiment], Mapping[str, pd.DataFrame]]
) -> list[Case]:
    """The cases of a claim after runs of its experiments with these tables."""
    claim = CLAIMS[name]
    empty = {key: table(key) for key in ("accuracy", "gradients", "diagnostics", "training")}
    return claim.measured_cases(
        [Measured(one, {**empty, **tables(one)}) for one in claim.experiments]
    )


def verdict(name: str, tables: Callable[[Experiment], Mapping[str, pd.DataFrame]]) -> str:
    """What is said of a claim after runs of its experiments with these tables."""
    judged = judge({name: measured_cases(name, tables)}, CLAIMS)
    return next(one.verdict for one in judged if one.claim.name == name)


@pytest.mark.parametrize("name", CLAIMS)
def test_the_recorded_verdict_is_of_the_cases_and_margins_that_the_claim_has_now(name: str) -> None:
    now = measured_cases(name, lambda one: holding(name, one, holds=True))
    recorded_cases = recorded().of(name).cases
    assert [(case.title, case.effect) for case in recorded_cases] == [
        (case.title, case.effect) for case in now
    ]
    assert {len(case.values) for case in recorded_cases} == {SEEDS}


@pytest.mark.parametrize("name", CLAIMS)
def test_what_holds_is_supported(name: str) -> None:
    assert verdict(name, lambda one: holding(name, one, holds=True)) == "supported"


@pytest.mark.parametrize("name", CLAIMS)
def test_what_does_not_hold_is_not_supported(name: str) -> None:
    assert verdict(name, lambda one: holding(name, one, holds=False)) == "not supported"


def half_and_half(name: str, experiment: Experiment) -> dict[str, pd.DataFrame]:
    """Tables in which the claim holds for every other seed."""
    true, false = (holding(name, experiment, holds=holds) for holds in (True, False))
    return {
        key: pd.concat([true[key][true[key]["seed"] % 2 == 0], rows[rows["seed"] % 2 == 1]])
        for key, rows in false.items()
    }


@pytest.mark.parametrize("name", CLAIMS)
def test_what_half_of_the_seeds_say_is_undecided(name: str) -> None:
    assert verdict(name, lambda one: half_and_half(name, one)) == "undecided"


@pytest.mark.parametrize("name", CLAIMS)
def test_without_measurements_nothing_is_said(name: str) -> None:
    assert verdict(name, lambda one: {}) == "undecided"


@pytest.mark.parametrize("name", ["layer_norm_helps", "bias_decides", "gradient_predicts"])
def test_shuffled_labels_support_nothing_too_often(name: str) -> None:
    """Where every cell is the same, and labels are drawn by lot, a claim is an accident."""
    rng = np.random.default_rng(0)

    def noise(cell: str, length: int, seed: int) -> float:
        return float(rng.random())

    found = [
        verdict(
            name,
            lambda one: {
                "accuracy": scores(one, noise),
                "gradients": gradients(one, lambda c, T, s: -9 * noise(c, T, s)),
            },
        )
        for _ in range(20)
    ]
    assert found.count("supported") <= 1


def test_equal_cells_are_as_good_as_each_other() -> None:
    assert verdict("gru_as_good", lambda one: {"accuracy": scores(one, lambda *_: 0.7)}) == (
        "supported"
    )


def test_a_seed_that_did_not_explode_cannot_be_rescued() -> None:
    def calm(one: Experiment) -> dict[str, pd.DataFrame]:
        return {**holding("clipping_rescues", one, holds=True), "training": norms(one, 2.0)}

    assert verdict("clipping_rescues", calm) == "undecided"


def test_a_diverged_model_has_a_score_of_0() -> None:
    def diverged(one: Experiment) -> dict[str, pd.DataFrame]:
        rows = scores(one, lambda *_: REMEMBER)
        return {"accuracy": rows.assign(diverged=True)}

    assert verdict("gated_handle_100", diverged) == "not supported"


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_says_what_it_is_in_sentences(claim: Claim) -> None:
    assert ". " not in claim.statement
    for text in (claim.statement, claim.reasoning, claim.changes):
        proofread(text.replace("*", ""))
    assert re.search(r"\d{4}", claim.source)
