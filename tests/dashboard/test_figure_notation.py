"""What holds figures to one notation for numbers finds other notations."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from dashboard.figures.layout import SIZES, WHOLE, new_figure
from tests.dashboard.figures.notation import check_notation


@pytest.mark.parametrize(
    "wrong",
    [
        {"hovertemplate": "%{y:.3g}"},
        {"hovertemplate": "%{y:.2f}", "y": [2e7]},
        {"hovertemplate": "%{y}", "y": [0.1]},
        {"hovertext": ["1.2e-7"]},
        {"hovertemplate": "%{customdata[1]}", "customdata": [["a", "1e+22"]]},
    ],
)
def test_a_hover_text_in_another_notation_is_found(wrong: dict[str, object]) -> None:
    figure = go.Figure(go.Scatter(**{"x": [1], "y": [1.0], **wrong}))
    with pytest.raises(AssertionError):
        check_notation(figure)


@pytest.mark.parametrize(
    "axis", [{"exponentformat": "B"}, {"type": "log", "tickformat": ",~g"}, {"tickformat": "~s"}]
)
def test_an_axis_in_another_notation_is_found(axis: dict[str, str]) -> None:
    figure = new_figure("axis", height=100, xaxis={}, yaxis=axis).add_scatter(x=[1], y=[1e-7])
    with pytest.raises(AssertionError):
        check_notation(figure)
    check_notation(new_figure("fine", height=100, xaxis=WHOLE, yaxis=SIZES))
