from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.figures.gradient_flow.over_training import (
    FAINTEST,
    ordinal,
    over_training,
    symbols_over_training,
)
from dashboard.figures.style import cell_style, translucent
from models.analysis.at_initialisation import at_initialisation
from tests.dashboard.figures.drawn import Make, check_json, trace


def draw(frame: pd.DataFrame, diagnostic: str, **more: Any) -> go.Figure:
    return over_training(frame, diagnostic=diagnostic, length=50, title=diagnostic, **more)


def by_seed(frame: pd.DataFrame, *courses: list[float]) -> pd.DataFrame:
    """One cell's rows with other values: for each seed its course."""
    return frame.assign(value=[value for course in courses for value in course])


def test_median_over_seeds_and_each_seed_faint(diagnostics: Make) -> None:
    frame = diagnostics({"spectral_radius": [1.0, 1.0, 1.0]}, cells=("rnn",), lengths=(20, 50))
    frame.loc[(frame["seed"] == 1) & (frame["length"] == 50), "value"] = [1.0, 2.0, 4.0]
    figure = draw(frame, "spectral_radius", reference=1.0)
    median = trace(figure, "rnn/median")
    assert (list(median.x), list(median.y)) == ([0, 20, 40], [1, 1.5, 2.5])
    assert list(trace(figure, "rnn/seeds").y) == [1, 1, 1, None, 1, 2, 4, None]
    assert list(trace(figure, "reference").y) == [1, 1]
    assert list(trace(draw(frame, "spectral_radius", log=True), "rnn/median").y) == [1, 1.5, 2.5]
    check_json(figure)


def test_the_line_of_half_lives_is_what_card_and_sentence_say(diagnostics: Make) -> None:
    """The median rate: of one seed that doubles and two that halve, one that halves."""
    frame = diagnostics({"half_life_h": [1.0, 1.0]}, cells=("rnn",), seeds=3)
    frame = by_seed(frame, [-47.0, 9.0], [34.0, math.nan], [37.0, math.inf])
    line = trace(draw(frame, "half_life_h"), "rnn/median")
    said = at_initialisation(frame, "half_life_h", 50)["rnn"]
    assert list(line.y) == pytest.approx([said, 18.0])
    assert said == pytest.approx(37.0)


@pytest.mark.parametrize("log", [True, False])
def test_half_lives_without_a_place_are_gaps(diagnostics: Make, log: bool) -> None:
    frame = diagnostics({"half_life_h": [5.0, math.inf, -3.0, math.nan, 8.0]}, seeds=1)
    median = trace(draw(frame, "half_life_h", log=log), "rnn/median")
    assert list(median.y) == [5, None, None, None, 8]
    assert "markers" in median.mode  # alone between two gaps
    check_json(draw(frame, "half_life_h", log=log))


def test_negative_values_of_other_diagnostics_are_drawn(diagnostics: Make) -> None:
    frame = diagnostics({"lyapunov_exponent": [-0.1, -math.inf, 0.2]}, cells=("gru",))
    median = trace(draw(frame, "lyapunov_exponent", reference=0.0), "gru/median")
    assert list(median.y) == [-0.1, None, 0.2]


def test_a_seed_without_value_leaves_the_others(diagnostics: Make) -> None:
    frame = diagnostics({"update_ratio": [1.0, 1.0]}, cells=("rnn",))
    median = trace(draw(by_seed(frame, [1.0, math.nan], [3.0, 5.0]), "update_ratio"), "rnn/median")
    assert list(median.y) == [2, 5]


def test_overflow_is_a_cross_where_it_happened(diagnostics: Make) -> None:
    frame = diagnostics({"spectral_radius": [1.0, 1.2, 1.4]}, cells=("rnn",), seeds=1)
    events = diagnostics({"overflow_state_t": [17.0]}, cells=("rnn",), seeds=1)
    gradients = events.assign(diagnostic="overflow_gradient_t", value=40.0)
    both = pd.concat([frame, events.assign(step=20), gradients.assign(step=20)])
    figure = draw(both, "spectral_radius")
    cross = trace(figure, "rnn/overflow")
    assert (list(cross.x), list(cross.y), cross.marker.symbol) == ([20], [1.2], "x")
    assert "state not finite from t = 17<br>gradient not finite" in cross.hovertext[0]
    assert "seed 0 · step 20" in cross.hovertext[0]
    assert "× overflow" in figure.layout.legend.title.text
    nothing_else = draw(events, "spectral_radius", cells=("rnn",))
    assert list(trace(nothing_else, "rnn/overflow").x) == [0]
    check_json(nothing_else)


def test_only_cells_that_have_the_gate_or_state_are_listed(diagnostics: Make) -> None:
    nothing = diagnostics({}, seeds=1)
    listed = {
        diagnostic: [t.name for t in draw(nothing, diagnostic, cells=("rnn", "lstm", "gru")).data]
        for diagnostic in ("mean_f", "half_life_c", "saturation_z", "saturation_h", "update_ratio")
    }
    names = {diagnostic: [name for name in found if name] for diagnostic, found in listed.items()}
    everyone = ["RNN", "LSTM", "GRU"]
    assert names == {
        "mean_f": ["LSTM"],
        "half_life_c": ["LSTM"],
        "saturation_z": ["GRU"],
        "saturation_h": everyone,
        "update_ratio": everyone,
    }


def test_nothing_measured_yet(diagnostics: Make) -> None:
    nothing = diagnostics({})
    figure = draw(nothing, "spectral_radius", cells=("rnn",), reference=1.0, log=True)
    assert trace(figure, "rnn/median").name == "RNN"
    check_json(figure)
    check_json(symbols_over_training(nothing, cell="rnn", length=50, chance=0.25))


def test_identity_survives_updates_and_inputs_stay(diagnostics: Make) -> None:
    late = diagnostics({"spectral_radius": [1.0, 1.1], "overflow_state_t": [3.0]})
    before = late.copy()
    early = late[late["diagnostic"] == "none"]
    one, other = (draw(rows, "spectral_radius", cells=("rnn", "lstm")) for rows in (early, late))
    assert [t.uid for t in one.data] == [t.uid for t in other.data]
    assert one.layout.uirevision == other.layout.uirevision
    assert draw(late, "update_ratio").layout.uirevision != one.layout.uirevision
    pd.testing.assert_frame_equal(late, before)


def test_symbols_from_faint_to_strong(diagnostics: Make) -> None:
    courses = {f"accuracy_part_{k}": [0.25, 0.1 * k] for k in (1, 2, 10)}
    frame = diagnostics(courses | {"spectral_radius": [1.0]}, cells=("gru", "rnn"))
    before = frame.copy()
    figure = symbols_over_training(frame, cell="gru", length=50, chance=0.25)
    symbols = [t for t in figure.data if t.uid != "chance"]
    assert [t.name for t in symbols] == ["1st symbol (early)", "2nd symbol", "last symbol"]
    assert [t.y[1] for t in symbols] == pytest.approx([0.1, 0.2, 1.0])
    color = cell_style("gru").color
    assert symbols[0].line.color == translucent(color, FAINTEST)
    assert symbols[2].line.color == translucent(color, 1)
    assert len({t.legendgroup for t in symbols}) == 3
    assert list(trace(figure, "chance").y) == [0.25, 0.25]
    check_json(figure)
    pd.testing.assert_frame_equal(frame, before)


def test_one_symbol_and_no_chance(diagnostics: Make) -> None:
    frame = diagnostics({"accuracy_part_1": [0.5, math.nan]}, cells=("gru",), seeds=1)
    figure = symbols_over_training(frame, cell="gru", length=50, chance=math.nan)
    (line,) = figure.data
    assert (line.name, list(line.y)) == ("1st symbol", [0.5, None])
    check_json(figure)


def test_ordinals() -> None:
    ordinals = [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 102, 113)]
    assert ordinals == ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "102nd", "113th"]
