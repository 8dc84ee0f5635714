"""Made-up result tables with every column of the schema, and the baselines that go with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from models.analysis.ladder import ladder
from models.analysis.schema import TABLES
from models.tasks import make_task
from tests.dashboard.figures.drawn import Make
from tests.dashboard.figures.notation import check_notation

CELLS = ("rnn", "lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono")
REACH = {
    "rnn": 30,
    "lstm": 60,
    "lstm:bias=chrono": 400,
    "gru": 110,
    "gru:bias=chrono": 300,
}
"""Where the made-up accuracy of each cell falls through the middle."""
LENGTHS = (20, 50, 100, 200)
CHANCE = 0.25

Row = dict[str, Any]


def skill(cell: str, length: int, seed: int, progress: float) -> float:
    """From 0 (chance) to 1 (solved); no randomness, so that a test knows the value."""
    reach = REACH[cell] * (1 + 0.25 * (seed - 1))
    final = 1 / (1 + (length / reach) ** 6)
    return final * min(1.0, progress * (1.2 + 0.1 * seed))


def models(cells: tuple[str, ...], lengths: tuple[int, ...], seeds: int) -> list[Row]:
    return [
        {
            "run": "made-up",
            "task": "temporal_order",
            "cell": cell,
            "length": length,
            "seed": seed,
            "learning_rate": 0.01,
        }
        for cell in cells
        for length in lengths
        for seed in range(seeds)
    ]


def table(name: str, rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(TABLES[name]))


def make_accuracy(
    cells: tuple[str, ...] = CELLS,
    lengths: tuple[int, ...] = LENGTHS,
    seeds: int = 3,
    steps: tuple[int, ...] = tuple(range(0, 401, 20)),
) -> pd.DataFrame:
    rows = []
    for model in models(cells, lengths, seeds):
        for step in steps:
            grade = skill(model["cell"], model["length"], model["seed"], step / max(steps[-1], 1))
            accuracy = round(256 * (CHANCE + (1 - CHANCE) * grade)) / 256
            rows.append(
                model
                | {
                    "step": step,
                    "accuracy": accuracy,
                    "loss": math.log(4) * (1.001 - grade),
                    "chance_accuracy": CHANCE,
                    "chance_loss": math.log(4),
                    "sequences": 256,
                    "solved": accuracy >= 0.99,
                    "diverged": False,
                }
            )
    return table("accuracy", rows)


def make_training(
    cells: tuple[str, ...] = CELLS,
    lengths: tuple[int, ...] = LENGTHS,
    seeds: int = 3,
    steps: int = 400,
) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for model in models(cells, lengths, seeds):
        norms = np.exp(rng.normal(-1, 0.7, steps))
        for step in range(1, steps + 1):
            grade = skill(model["cell"], model["length"], model["seed"], step / steps)
            rows.append(
                model
                | {
                    "step": step,
                    "loss": math.log(4) * (1.001 - grade) * math.exp(rng.normal(0, 0.15)),
                    "accuracy": CHANCE + (1 - CHANCE) * grade,
                    "gradient_norm": norms[step - 1],
                    "clipped": norms[step - 1] > 1,
                }
            )
    return table("training", rows)


def make_gradients(
    cells: tuple[str, ...] = CELLS,
    lengths: tuple[int, ...] = LENGTHS,
    seeds: int = 3,
    steps: tuple[int, ...] = (0, 400),
) -> pd.DataFrame:
    """A gradient that is 0.1 at t = T and shrinks by a constant factor a step to the left."""
    rows = []
    for model in models(cells, lengths, seeds):
        for step in steps:
            factor = math.exp(-6 / REACH[model["cell"]] * (1 + 0.1 * model["seed"]))
            if step == 0:
                factor **= 2
            for state in ("h", "c") if model["cell"].startswith("lstm") else ("h",):
                for t in range(1, model["length"] + 1):
                    norm = np.float32(0.1 * factor ** (model["length"] - t))
                    rows.append(
                        model | {"step": step, "t": t, "state": state, "gradient_norm": float(norm)}
                    )
    return table("gradients", rows)


def make_generalisation(
    cells: tuple[str, ...] = CELLS,
    lengths: tuple[int, ...] = LENGTHS,
    seeds: int = 3,
    test_lengths: tuple[int, ...] = (20, 50, 100, 200, 400),
) -> pd.DataFrame:
    rows = []
    for model in models(cells, lengths, seeds):
        for tested in test_lengths:
            grade = skill(model["cell"], max(tested, model["length"]), model["seed"], 1)
            rows.append(
                model
                | {
                    "step": 400,
                    "test_length": tested,
                    "accuracy": CHANCE + (1 - CHANCE) * grade,
                    "loss": math.log(4) * (1.001 - grade),
                    "chance_accuracy": CHANCE,
                    "chance_loss": math.log(4),
                    "sequences": 256,
                }
            )
    return table("generalisation", rows)


@pytest.fixture
def accuracy() -> Make:
    return make_accuracy


@pytest.fixture
def training() -> Make:
    return make_training


@pytest.fixture
def gradients() -> Make:
    return make_gradients


@pytest.fixture
def generalisation() -> Make:
    return make_generalisation


@pytest.fixture
def baselines() -> pd.DataFrame:
    return ladder(make_task("temporal_order"), LENGTHS)


def make_diagnostics(
    values: dict[str, list[float]],
    cells: tuple[str, ...] = ("rnn", "lstm"),
    lengths: tuple[int, ...] = (50,),
    seeds: int = 2,
) -> pd.DataFrame:
    """Of every model these values of each diagnostic, at steps 0, 20, 40 …"""
    rows = [
        model | {"step": 20 * place, "diagnostic": diagnostic, "value": value}
        for model in models(cells, lengths, seeds)
        for diagnostic, course in values.items()
        for place, value in enumerate(course)
    ]
    return table("diagnostics", rows)


def make_influence(
    cells: tuple[str, ...] = CELLS, lengths: tuple[int, ...] = (100,), seeds: int = 2
) -> pd.DataFrame:
    """1 up to a tenth of the length back, then 0; of the last seed everywhere 0."""
    rows = [
        model
        | {
            "step": 400,
            "t": t,
            "influence": float(model["seed"] < seeds - 1 and t >= 0.9 * model["length"]),
        }
        for model in models(cells, lengths, seeds)
        for t in range(1, model["length"] + 1)
    ]
    return table("influence", rows)


@pytest.fixture
def diagnostics() -> Make:
    return make_diagnostics


@pytest.fixture
def influence() -> Make:
    return make_influence


@pytest.fixture(autouse=True)
def one_notation(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every figure that a test makes writes numbers as the page does."""
    made: list[go.Figure] = []
    create = go.Figure.__init__

    def record(self: go.Figure, *arguments: Any, **named: Any) -> None:
        create(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(go.Figure, "__init__", record)
    yield
    for figure in made:
        check_notation(figure)
