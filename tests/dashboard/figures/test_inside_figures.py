"""What is drawn of a cell's inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.inside.cell_diagram import THICK, THIN, cell_diagram, paths
from dashboard.figures.inside.gate_lines import gate_lines
from dashboard.figures.inside.gate_map import ORDERS, gate_map, unit_order
from dashboard.figures.inside.gate_style import described, full_name, gate_roles
from dashboard.figures.inside.probe_curve import probe_curve
from dashboard.figures.inside.specialisation import LONGEST, selectivity, time_constants
from dashboard.figures.inside.surgery import ablation
from models.tasks.task import Example
from tests.dashboard.figures.drawn import trace

STEPS, HIDDEN = 6, 4
T = tuple(range(1, STEPS + 1))
LSTM, GRU, RNN = gate_roles("lstm:bias=chrono"), gate_roles("gru"), gate_roles("rnn")
EXAMPLE = Example(tuple("cdAefB"), (False, False, True, False, False, True), "AB")


def values(*names: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.uniform(0, 1, (STEPS, HIDDEN)) for name in names}


def units(gates: tuple[str, ...] = ("i", "f", "o", "g")) -> pd.DataFrame:
    """Unit 3 keeps longest and is the most selective."""
    rows = [
        {
            "gate": gate,
            "unit": unit,
            "selectivity": (0.1, -0.2, 0.6, 0.3)[unit - 1],
            "informative": 0.7,
            "distractor": 0.1,
            "time_constant": (5.0, 2.0, np.inf, 40.0)[unit - 1] if gate == "f" else np.nan,
            "time_constant_at_initialisation": 3.0 if gate == "f" else np.nan,
        }
        for gate in gates
        for unit in (1, 2, 3, 4)
    ]
    return pd.DataFrame(rows)


class TestGateRoles:
    def test_what_remembers_is_shown_first(self) -> None:
        assert LSTM.default_names == ("f", "i", "c", "h")
        assert LSTM.names == ("f", "i", "c", "h", "o", "g")
        assert GRU.names == ("z", "h", "r", "n")
        assert RNN.names == RNN.default_names == ("h",)

    def test_states_and_candidates_may_be_negative(self) -> None:
        assert [name for name in LSTM.names if LSTM.signed(name)] == ["c", "h", "g"]
        assert RNN.signed("h")

    def test_a_gate_whose_meaning_varies_is_explained(self) -> None:
        assert full_name("z") == "z, update gate"
        assert described("z") == "z, update gate: the share that is kept"
        assert described("f") == full_name("f")

    def test_what_has_no_name_is_called_by_its_letter(self) -> None:
        assert full_name("f") == "f, forget gate"
        assert full_name("q") == "q"


class TestOrder:
    def test_the_largest_is_on_top(self) -> None:
        own = values("f", "i")
        assert unit_order("time constant", units(), own, LSTM) == [3, 4, 1, 2]
        assert unit_order("selectivity", units(), own, LSTM) == [3, 4, 2, 1]
        assert unit_order("number", units(), own, LSTM) == [1, 2, 3, 4]

    def test_similar_units_are_neighbours(self) -> None:
        column = np.linspace(0, 1, STEPS)[:, None]
        own = {"h": np.hstack([column, 1 - column, column + 0.01, 1.01 - column])}
        order = unit_order("similarity", units(), own, RNN)
        assert sorted(order) == [1, 2, 3, 4]
        assert abs(order.index(1) - order.index(3)) == 1
        assert abs(order.index(2) - order.index(4)) == 1

    @pytest.mark.parametrize("by", ORDERS)
    @pytest.mark.parametrize("hidden", [1, 2, 3])
    def test_few_units_and_states_that_are_not_finite(self, by: Any, hidden: int) -> None:
        own = {"h": np.full((STEPS, hidden), np.nan)}
        nothing = pd.DataFrame({"gate": [], "unit": [], "selectivity": [], "time_constant": []})
        assert sorted(unit_order(by, nothing, own, RNN)) == list(range(1, hidden + 1))


class TestMap:
    def test_maps_stand_under_the_sequence_on_one_time_axis(self) -> None:
        figure = gate_map(T, values("f", "c"), roles=LSTM, order=[3, 1, 2, 4], example=EXAMPLE)
        assert {one.xaxis for one in figure.data} == {None}
        assert list(figure.layout.xaxis.range) == [0.5, STEPS + 0.5]
        assert (figure.layout.xaxis.anchor, figure.layout.xaxis.position) == ("free", 0)
        places = [figure.layout[f"yaxis{n}"].domain for n in ("", 2, 3)]
        assert places[0][0] > places[1][1] > places[1][0] > places[2][1] > places[2][0] == 0
        # In each map, and not over the names between them.
        marked = [(shape.x0, shape.yref) for shape in figure.layout.shapes]
        assert marked == [(x, f"{y} domain") for x in (2.5, 5.5) for y in ("y", "y2", "y3")]

    def test_the_models_answer_stands_beside_the_right_one(self) -> None:
        figure = gate_map(T, values("f"), roles=LSTM, order=[1], example=EXAMPLE, answer="AA")
        texts = [note.text for note in figure.layout.annotations]
        assert f"Right answer: {EXAMPLE.answer} · the model: AA" in texts

    def test_rows_are_units_in_order(self) -> None:
        own = values("f")
        figure = gate_map(T, own, roles=LSTM, order=[3, 1, 2, 4])
        drawn = trace(figure, "map_f")
        np.testing.assert_allclose(drawn.z[0], own["f"][:, 2], rtol=1e-2)
        assert drawn.customdata[1][0] == 1
        assert list(figure.layout.meta["order"]) == [3, 1, 2, 4]

    def test_gates_are_from_0_to_1_and_states_around_0(self) -> None:
        own = {**values("f"), "c": np.array([[-3.0, 1, 0, 0]] * STEPS)}
        figure = gate_map(T, own, roles=LSTM, order=[1, 2, 3, 4])
        assert (trace(figure, "map_f").zmin, trace(figure, "map_f").zmax) == (0, 1)
        assert (trace(figure, "map_c").zmin, trace(figure, "map_c").zmax) == (-3, 3)

    def test_a_memory_that_is_full_is_as_dark_as_one_that_is_fuller(self) -> None:
        own = {"c": np.full((STEPS, HIDDEN), 50.0), "h": np.full((STEPS, HIDDEN), 0.5)}
        figure = gate_map(T, own, roles=LSTM, order=[1, 2, 3, 4])
        assert trace(figure, "map_c").zmax == 3
        assert trace(figure, "map_c").z[0][0] == 50
        assert list(trace(figure, "map_c").colorbar.ticktext) == ["≤ −3", "0", "≥ 3"]
        assert list(trace(figure, "map_h").colorbar.ticktext) == ["−0.5", "0", "0.5"]

    def test_the_event_is_marked_where_sequences_are_aligned_on_it(self) -> None:
        figure = gate_map(
            tuple(range(-2, 4)),
            values("z"),
            roles=GRU,
            order=[1, 2, 3, 4],
            event="the marker",
        )
        assert figure.layout.xaxis.title.text == "steps from the marker"
        marked = [(one.x0, one.x1) for one in figure.layout.shapes]
        assert marked == [(-0.5, 0.5)]

    def test_nothing_finite_can_be_drawn(self) -> None:
        own = {"h": np.full((STEPS, HIDDEN), np.nan)}
        drawn = trace(gate_map(T, own, roles=RNN, order=[1, 2, 3, 4]), "map_h")
        assert drawn.zmax == 1
        assert drawn.z[0][0] is None


def test_lines_of_a_unit_part_gates_from_states() -> None:
    own = values(*LSTM.names)
    figure = gate_lines(T, own, roles=LSTM, unit=2, informative=(3, 6))
    assert {one.name for one in figure.data if one.yaxis == "y2"} == {"c", "h", "g"}
    np.testing.assert_allclose(trace(figure, "line/f").y, own["f"][:, 1], rtol=1e-3)
    assert [shape.x0 for shape in figure.layout.shapes] == [3, 6]
    assert {one.meta["value"] for one in figure.data} == set(LSTM.names)
    assert not gate_lines(T, values("h"), roles=RNN, unit=1).layout.yaxis.visible


class TestDiagram:
    """Numbers come into its slots in the browser: see tests/browser/test_inside.py."""

    def test_a_path_is_as_thick_as_its_gate_is_open(self) -> None:
        slots = {path.name: path.slot for path in paths(LSTM)}
        assert (slots["keep"], slots["write"], slots["show"]) == ("f", "i", "o")
        figure = cell_diagram(LSTM)
        assert "open f" in {shape.name for shape in figure.layout.shapes}
        assert trace(figure, "head/write").meta == {"open": "i"}
        assert (figure.layout.meta["thin"], figure.layout.meta["thick"]) == (THIN, THICK)

    def test_what_the_gru_does_not_keep_it_writes(self) -> None:
        slots = {path.name: path.slot for path in paths(GRU)}
        assert (slots["keep"], slots["write"], slots["recurrent"]) == ("z", "1-z", "r")
        assert "show" not in slots

    def test_without_gates_nothing_is_kept(self) -> None:
        found = {path.name: path for path in paths(RNN)}
        assert "keep" not in found
        assert (found["write"].slot, found["write"].width) == ("", THICK)

    def test_values_stand_beside_their_paths_and_in_its_words(self) -> None:
        figure = cell_diagram(LSTM)
        labels = " ".join(note.name for note in figure.layout.annotations)
        for text in ("f = {f}", "i = {i}", "g = {g}", "t−1</sub> = {c-}"):
            assert text in labels
            assert text in figure.layout.meta["words"]


def test_time_constants_are_sorted_and_infinite_ones_drawn_at_the_top() -> None:
    figure = time_constants(units(), keep="f", delay=30)
    after = trace(figure, "after/training")
    assert list(after.y) == [2, 5, 40, LONGEST]
    assert [unit for unit, _ in after.customdata] == [2, 1, 4, 3]
    assert list(trace(figure, "before/training").y) == [3] * 4
    assert list(trace(figure, "delay").y) == [30, 30]


def test_selectivity_has_a_point_for_each_gate_and_unit() -> None:
    figure = selectivity(units())
    assert list(trace(figure, "selectivity/i").y) == [0.1, -0.2, 0.6, 0.3]
    assert figure.layout.xaxis.ticktext[0] == "i<br>input<br>gate"


def probes(**more: object) -> pd.DataFrame:
    rows = [
        {
            "state": state,
            "reads": "answer",
            "t": t,
            "accuracy": 0.5,
            "low": 0.4,
            "high": 0.6,
            "shuffled": 0.25,
            "shuffled_low": 0.2,
            "shuffled_high": 0.3,
            "r2": np.nan,
            "sequences": 99,
            **more,
        }
        for state in ("h", "c")
        for t in T
    ]
    return pd.DataFrame(rows)


class TestProbe:
    def test_states_stand_beside_chance_and_control(self) -> None:
        figure = probe_curve(probes(), chance=0.25, informative=(3,))
        assert list(trace(figure, "line/from h").y) == [0.5] * STEPS
        assert trace(figure, "band/from c").y[0] == 0.6
        assert trace(figure, "line/control").y[0] == 0.25
        assert (min(trace(figure, "band/control").y), max(trace(figure, "band/control").y)) == (
            0.2,
            0.3,
        )
        assert trace(figure, "chance").y[0] == 0.25

    def test_before_and_after_an_operation(self) -> None:
        table = pd.concat([probes(operated=False), probes(operated=True, accuracy=0.1)])
        figure = probe_curve(table, chance=None)
        assert trace(figure, "line/from c, before").line.dash == "dot"
        assert trace(figure, "line/from c, after").y[0] == 0.1
        assert not [one for one in figure.data if one.uid == "chance"]


def test_ablation_has_a_row_for_each_gate() -> None:
    rows = [("", "", 0.9), ("i", "0", 0.25), ("i", "1", 0.3), ("i", "mean", 0.4), ("f", "0", 0.2)]
    table = pd.DataFrame(rows, columns=["gate", "to", "accuracy"]).assign(
        low=lambda own: own["accuracy"] - 0.1, high=lambda own: own["accuracy"] + 0.05, sequences=9
    )
    figure = ablation(table, chance=0.25)
    assert list(figure.layout.yaxis.ticktext) == ["i, input gate", "f, forget gate"]
    held = trace(figure, "held/0")
    assert list(held.x) == [0.25, 0.2]
    np.testing.assert_allclose(held.error_x.array, 0.05)
    np.testing.assert_allclose(held.error_x.arrayminus, 0.1)
    assert {shape.x0 for shape in figure.layout.shapes} == {0.25, 0.9}
