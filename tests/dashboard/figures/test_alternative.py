"""What a figure says to those who do not see it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from dashboard.components.live_chart import as_json
from dashboard.figures.alternative import in_words
from dashboard.figures.gradient_flow.heat_map import gradient_heat_map
from dashboard.figures.gradient_flow.horizons import horizons
from dashboard.figures.inside.gate_map import gate_map
from dashboard.figures.inside.gate_style import gate_roles
from dashboard.figures.inside.surgery import ablation
from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.race.learning import gradient_norm
from dashboard.figures.sequence import example_sequence
from dashboard.figures.style import cell_style
from models.analysis.words import number_of_logarithm
from models.tasks.task import Example
from tests.dashboard.figures.drawn import Make


def test_every_cell_is_told_with_its_numbers(accuracy: Make, baselines: pd.DataFrame) -> None:
    rows = accuracy()
    text = in_words(accuracy_by_length(rows, baselines=baselines))
    assert text.startswith("held-out accuracy against sequence length T. ")
    last = rows[rows["step"] == rows["step"].max()]
    for cell, own in last.groupby("cell"):
        means = own.groupby("length")["accuracy"].mean()
        course = ", ".join(f"{mean:.3g} at {length}" for length, mean in means.items())
        assert f"{cell_style(cell).label}: {course}." in text


def test_of_a_long_line_the_ends_and_extremes_are_told(training: Make) -> None:
    rows = training(cells=("rnn",), lengths=(20,), seeds=1, steps=50)
    rows["gradient_norm"] = [2.0] + [1.0] * 20 + [9.0] + [1.5] * 20 + [0.25] + [3.0] * 7
    text = in_words(gradient_norm(rows, length=20, clip=0.0, clip_by="norm"))
    assert "RNN: from 2 at 1 to 3 at 50, lowest 0.25 at 43, highest 9 at 22." in text


def test_lines_side_by_side_share_the_names_of_their_places(diagnostics: Make) -> None:
    rows = diagnostics(
        {"horizon_by_gradient": [3.0], "horizon_by_behaviour": [5.0]}, lengths=(20, 50)
    )
    text = in_words(horizons(rows, lengths=(20, 50), cells=("rnn", "lstm")))
    assert "RNN: 5 at 20, 5 at 50." in text
    assert "LSTM: 5 at 20, 5 at 50." in text


def test_maps_are_told_by_their_ends_and_logarithms_as_powers(gradients: Make) -> None:
    rows = gradients(cells=("rnn",), lengths=(50,), seeds=1)
    text = in_words(gradient_heat_map(rows, cell="rnn", length=50))
    logs = np.log10(rows["gradient_norm"])
    assert "training step against time step t. " in text
    assert f"from {number_of_logarithm(float(f'{logs.min():.3g}'))} to 0.1." in text
    values = {"f": np.array([[0.25, 0.5], [0.75, 1.0]])}
    text = in_words(gate_map((1, 2), values, roles=gate_roles("lstm"), order=(1, 2)))
    assert text == "units against time step t. f, forget gate: from 0.25 to 1."


def test_values_along_the_horizontal_axis_are_told_by_the_names_beside_them() -> None:
    rows = [("", "", 1.0), ("f", "0", 0.25), ("f", "1", 0.5), ("i", "0", 0.3), ("i", "1", 1.0)]
    table = pd.DataFrame(rows, columns=["gate", "to", "accuracy"])
    table = table.assign(low=table["accuracy"], high=table["accuracy"], sequences=512)
    text = in_words(ablation(table, chance=0.25))
    assert "held at 0: 0.25 at f, forget gate, 0.3 at i, input gate." in text


def test_what_has_no_lines_is_told_by_its_labels() -> None:
    example = Example(tuple("cAd"), (False, True, False), "A came")
    assert "Right answer: A came." in in_words(example_sequence(example))


def test_before_anything_is_measured_only_the_axes_are_told(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    text = in_words(accuracy_by_length(accuracy()[:0], baselines=baselines, cells=("rnn",)))
    assert text.startswith("held-out accuracy against sequence length T.")
    assert "RNN:" not in text


def test_the_browser_gets_the_words_after_the_finding(
    accuracy: Make, baselines: pd.DataFrame
) -> None:
    figure = accuracy_by_length(accuracy(), baselines=baselines)
    words = json.loads(as_json(figure, "The RNN is last."))["layout"]["meta"]["words"]
    assert words == f"The RNN is last. {in_words(figure)}"
