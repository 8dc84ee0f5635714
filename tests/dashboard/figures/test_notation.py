"""Numbers in hover texts and along axes are written as in the sentences of a page.

``conftest.one_notation`` checks it of every figure that the tests beside this one make.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.gradient_flow.over_training import over_training
from dashboard.figures.gradient_flow.profile import gradient_profile
from dashboard.figures.inside.gate_lines import gate_lines
from dashboard.figures.inside.gate_map import gate_map
from dashboard.figures.inside.gate_style import gate_roles
from dashboard.figures.race.learning import gradient_norm, learning_curves
from tests.dashboard.figures.drawn import Make, trace

RELU = gate_roles("rnn:activation=relu")


@pytest.mark.parametrize(("size", "text"), [(2e-30, "2 · 10⁻³⁰"), (3e22, "3 · 10²²")])
def test_sizes_of_any_order_are_written_in_powers_of_ten(
    size: float, text: str, training: Make, diagnostics: Make, baselines: pd.DataFrame
) -> None:
    rows = training(cells=("rnn",), lengths=(50,), seeds=1, steps=3)
    rows = rows.assign(gradient_norm=size, loss=size)
    norms = gradient_norm(rows, length=50, clip=1.0, clip_by="norm")
    assert set(trace(norms, "rnn/norm").customdata) == {text}
    assert norms.layout.yaxis.tickformat is None
    held_out = pd.DataFrame(columns=["cell", "length", "seed", "step", "loss", "accuracy"])
    losses = learning_curves(held_out, rows, length=50, baselines=baselines, measure="loss")
    assert set(trace(losses, "rnn/batches").customdata) == {text}
    ratios = diagnostics({"update_ratio": [size]}, cells=("rnn",))
    found = over_training(ratios, diagnostic="update_ratio", length=50, title="ratio", log=True)
    assert list(trace(found, "rnn/median").customdata) == [text]
    values = {"h": np.array([[size], [1.0]])}
    lines = gate_lines((1, 2), values, roles=RELU, unit=1)
    assert list(trace(lines, "line/h").customdata) == [text, "1"]


def test_a_heat_map_has_texts_only_where_a_value_is_large() -> None:
    small, large = (
        gate_map((1, 2), {"h": np.array([[1.0], [most]])}, roles=RELU, order=(1,)).data[0]
        for most in (2.0, 3e22)
    )
    assert [list(row) for row in small.customdata] == [[1, 1]]
    assert small.hovertemplate.endswith("%{z:.3f}<extra></extra>")
    assert [text for _, text in large.customdata[0]] == ["1", "3 · 10²²"]


def test_axes_of_ordinary_sizes_have_no_powers_of_ten(training: Make) -> None:
    figure = gradient_norm(training(lengths=(50,)), length=50, clip=0.0, clip_by="norm")
    assert figure.layout.yaxis.tickformat == ",~g"


def test_the_hover_text_of_a_replay_names_its_own_step(gradients: Make) -> None:
    frame = gradients(cells=("rnn",), lengths=(20,), seeds=1, steps=(0, 200, 400))
    figure = gradient_profile(frame, length=20, replay=True)
    (during,) = figure.frames[1].data
    assert "step 200" in during.hovertemplate
    assert len(during.customdata) == len(during.y)
