"""The figure of a claim's cases: a point for each seed, the margin, the median."""

from __future__ import annotations

import math

import plotly.graph_objects as go
import pytest

from dashboard.figures.claim_cases import COLORS, effects
from models.claims import CLAIMS
from models.claims.claim import Case, Effect
from models.claims.decision import judge
from models.claims.record import cases_table, seeds_table
from tests.dashboard.figures.drawn import trace

EFFECT = Effect("score gained", 0.1)


def figure(*values: list[float]) -> go.Figure:
    cases = [
        Case(f"case {place}", EFFECT, tuple(range(len(own))), tuple(own))
        for place, own in enumerate(values)
    ]
    judged = [judge({"gru_as_good": cases}, CLAIMS)[9]]
    return effects(cases_table(judged), seeds_table(judged))


def test_each_case_has_its_seeds_margin_and_median() -> None:
    drawn = figure([0.2] * 16, [0.0] * 16)
    assert list(trace(drawn, "case 0/seeds").x) == [0.2] * 16
    assert list(trace(drawn, "case 1/median").x) == [0.0]
    assert list(trace(drawn, "case 0/margin").x) == [0.1, 0.1]
    assert trace(drawn, "case 0/seeds").y[0] > trace(drawn, "case 1/seeds").y[0], "top to bottom"
    assert trace(drawn, "case 0/seeds").marker.color == COLORS["supported"]
    assert trace(drawn, "case 1/seeds").marker.color == COLORS["not supported"]
    assert trace(drawn, "case 1/text").text == ("<b>case 1</b>  above in 0 of 16",)


def test_what_is_infinite_stands_at_the_edge_and_what_is_unknown_nowhere() -> None:
    drawn = figure([math.inf, 1.0, math.nan, -math.inf])
    low, high = drawn.layout.xaxis.range
    assert list(trace(drawn, "case 0/seeds").x) == [high, 1.0, low]
    assert list(trace(drawn, "case 0/interval").x) == [low, high]
    assert trace(drawn, "case 0/seeds").customdata[0][1] == "∞"
    assert trace(drawn, "case 0/text").text[0].endswith("above in 2 of 4, 1 say nothing")


@pytest.mark.parametrize("values", [[math.nan], [0.1], [math.inf] * 6])
def test_it_is_drawn_whatever_was_measured(values: list[float]) -> None:
    assert figure(values).layout.xaxis.range[0] < figure(values).layout.xaxis.range[1]
