"""The page "Inside the cell" in each of its states."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard.scheduling.child_processes import ChildError
from dashboard.sections.inside import model_choice
from dashboard.session.session_state import INSIDE_SOURCE
from models.analysis.run_summary import summary_text
from models.diagnostics.inside.gate_trace import gate_trace
from models.diagnostics.inside.trained_model import TrainedModel
from models.diagnostics.inside.unit_words import unit_words
from models.experiment import Experiment
from models.experiment.partition import ModelKey
from models.store import Store
from models.store.summaries import summarise
from models.store.tables import RUNS
from models.tasks import TASKS
from models.training.snapshot import Snapshot
from tests.dashboard import pages
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.recorded import finished

TINY = pages.tiny(
    cells=("rnn", "lstm:bias=chrono", "gru"), lengths=(10, 12), steps=3, evaluate_every=3
)
KEYS = ("inside_map", "inside_lines", "inside_diagram", "inside_probe", "inside_ablation")


@pytest.fixture
def without_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_choice, "_presets", dict)


def without_weights(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, weights={})


def opened(page: AppTest, run: str, cell: str = "lstm:bias=chrono") -> AppTest:
    pages.open_run(page, run)
    if page.selectbox(key=f"inside_cell_{run}").value != cell:
        page.selectbox(key=f"inside_cell_{run}").set_value(cell).run()
    assert not page.exception
    assert not page.error
    return page


def texts(page: AppTest) -> str:
    return "\n".join(markdown.value for markdown in page.markdown)


def traces(page: AppTest) -> dict[str, dict[str, Any]]:
    """Every trace on the page by its uid; of several, the last."""
    return {trace["uid"]: trace for figure in pages.figures(page) for trace in figure["data"]}


def walked(page: AppTest) -> dict[str, Any]:
    """What the browser walks through."""
    mounted = [json.loads(one.proto.json) for one in page.main.get("bidi_component")]
    (data,) = [data for data in mounted if "values" in data]
    return dict(data)


def plain(markdown: str) -> str:
    return markdown.replace("\\", "")


def trained(
    store: Store, run: str, cell: str = "lstm:bias=chrono", length: int = 12
) -> TrainedModel:
    rate = TINY.learning_rate[0]
    parameters = store.parameters(run, cell, length, 0, rate)
    return TrainedModel(TINY, cell, ModelKey(length, 0, rate), parameters)


def latex(page: AppTest) -> str:
    return "\n".join(one.value for one in page.latex)


def test_a_stored_run_is_looked_into(inside: AppTest, store: Store) -> None:
    page = opened(inside, finished(store, TINY))
    found = traces(page)
    assert {"strip", "map_f", "map_i", "map_c", "map_h", "head/keep"} <= set(found)
    assert "map_o" not in found
    assert len(found["map_f"]["z"]) == 4
    assert "f_t = \\sigma" in latex(page).replace("&= ", "= ")
    assert "{f:3} · {(c-):3} + {i:3} · {(g):3}" in walked(page)["equation"]
    assert "256 sequences" in texts(page)
    assert {"gates.csv", "ablation.csv", "load_model.py"} <= set(pages.downloads(page))
    assert list(page.dataframe[0].value["gate"])[:2] == ["none", "i"]


def test_it_opens_at_the_longest_length_that_the_cell_remembers(
    inside: AppTest, store: Store
) -> None:
    run = finished(store, replace(TINY, lengths=(12, 20, 30)))
    rows = store.run(run).summary or summarise(store, store.run(run)).summary
    assert rows
    changed = tuple(replace(one, models=(2, 2, 2), remember=(2, 1, 0)) for one in rows)
    setting = sa.update(RUNS).values(summary=summary_text(changed))
    store.writing(lambda connection: connection.execute(setting))
    inside.query_params["run"] = run
    page = inside.run()
    assert not page.exception
    assert page.selectbox(key=f"inside_cell_{run}").value == "lstm:bias=chrono"
    assert page.selectbox(key=f"inside_length_{run}").value == 20


@pytest.mark.parametrize("cell", TINY.cells)
def test_every_cell_can_be_looked_into_in_every_way(
    inside: AppTest, store: Store, cell: str
) -> None:
    page = opened(inside, finished(store, TINY), cell)
    for order in page.selectbox(key=f"inside_order_{cell}").options:
        page.selectbox(key=f"inside_order_{cell}").set_value(order).run()
        assert not page.exception, order
    names = page.get("button_group")
    assert names
    page.segmented_control(key="inside_way").set_value("Mean of many").run()
    for event in ("first", "last", "start"):
        page.selectbox(key="inside_event").set_value(event).run()
        assert not page.exception, event
        assert not page.error
    assert "strip" not in traces(page)


def test_the_browser_has_the_numbers_of_all_units_and_steps(inside: AppTest, store: Store) -> None:
    run = finished(store, TINY)
    shown = walked(opened(inside, run))
    model = trained(store, run)
    expected = gate_trace(model, model.held_out(256), 0).values
    assert list(shown["values"]) == ["i", "f", "o", "g", "c", "h"]
    for name, values in shown["values"].items():
        np.testing.assert_allclose(values, expected[name], rtol=6e-4)
    assert shown["t"] == list(range(1, 13))
    assert len(shown["inputs"]) == 12
    assert shown["words"] == unit_words(model, model.held_out(256))
    assert shown["inputs"][shown["step"] - 1] in "AB", "it opens at the first informative step"
    assert shown["details"][0].startswith("On this sequence its input gate i is")


def test_a_typed_sequence_has_its_truth_its_answer_and_its_gates(
    inside: AppTest, store: Store
) -> None:
    run = finished(store, TINY)
    page = opened(inside, run)
    page.segmented_control(key="inside_way").set_value("Your own").run()
    (field,) = page.text_input
    field.set_value("cAcdefBdefcd").run()
    assert "the truth is **A, then B (class 2)**" in texts(page)
    field.set_value("cBcdefAdefcd").run()
    assert not page.exception
    assert "the truth is **B, then A (class 1)**" in texts(page)
    shown, model = walked(page), trained(store, run)
    assert shown["tokens"] == shown["inputs"] == list("cBcdefAdefcd")
    assert set(shown["choices"]) == {"ABcdef"}
    expected = gate_trace(model, model.task.typed("cBcdefAdefcd", 12)).values["c"]
    np.testing.assert_allclose(shown["values"]["c"], expected, rtol=6e-4)
    assert page.query_params["typed"] in ("cBcdefAdefcd", ["cBcdefAdefcd"])


def test_a_bad_text_stays_with_the_last_whole_sequence_beside_it(
    inside: AppTest, store: Store
) -> None:
    run = finished(store, TINY)
    inside.query_params["typed"] = "cAcdefBdefcd"
    page = opened(inside, run)
    (field,) = page.text_input
    assert field.value == "cAcdefBdefcd"
    field.set_value("cccdefBdefcd").run()
    assert not page.exception
    assert any("has to stand at exactly 2 steps" in plain(one) for one in pages.warnings(page))
    (field,) = page.text_input
    assert field.value == "cccdefBdefcd"
    shown = walked(page)
    assert "".join(shown["inputs"]) == "cAcdefBdefcd"
    assert "".join(shown["tokens"]) == "cccdefBdefcd"
    assert "has to stand at exactly 2 steps" in shown["note"]


def test_one_press_swaps_a_and_b(inside: AppTest, store: Store) -> None:
    inside.query_params["typed"] = "cAcdefBdefcd"
    page = opened(inside, finished(store, TINY)).button(key="inside_swap").click().run()
    assert not page.exception
    assert page.text_input[0].value == "cBcdefAdefcd"
    assert "the truth is **B, then A (class 1)**" in texts(page)


def test_a_short_text_is_filled_up_with_symbols_that_say_nothing(
    inside: AppTest, store: Store
) -> None:
    inside.query_params["typed"] = "cBA"
    page = opened(inside, finished(store, TINY))
    assert not pages.warnings(page)
    shown = walked(page)
    captions = [one.value for one in page.caption]
    assert "The model reads 12 inputs: the 3 typed, then 9 uninformative inputs." in captions
    assert "".join(shown["inputs"][:3]) == "cBA"
    assert set(shown["inputs"][3:]) <= set("cdef")
    assert "the truth is **B, then A (class 1)**" in texts(page)


@pytest.mark.parametrize(
    ("typed", "problem"), [("ABA", "exactly 2 steps"), ("", "exactly 2 steps")]
)
def test_of_a_short_text_the_problem_is_not_that_it_is_short(
    inside: AppTest, store: Store, typed: str, problem: str
) -> None:
    page = opened(inside, finished(store, TINY))
    page.segmented_control(key="inside_way").set_value("Your own").run()
    page.text_input[0].set_value(typed).run()
    assert not page.exception
    assert any(problem in plain(one) for one in pages.warnings(page))


def test_digits_cannot_be_typed(inside: AppTest, store: Store) -> None:
    settings = {**vars(TINY), "task": "digits", "lengths": (66,), "cells": ("lstm",)}
    inside.query_params["typed"] = "0.5 0.5"
    page = opened(inside, finished(store, Experiment(**settings)), "lstm")
    assert "Your own" not in page.segmented_control(key="inside_way").options


def test_where_one_looks_is_in_the_address(inside: AppTest, store: Store) -> None:
    run = finished(store, TINY)
    inside.query_params.update({"sequence": "7", "unit": "3", "t": "5"})
    page = opened(inside, run)
    assert page.slider(key="inside_sequence").value == 7
    kept = {name: page.query_params[name] for name in ("sequence", "unit", "t")}
    assert kept in (
        {"sequence": "7", "unit": "3", "t": "5"},
        {"sequence": ["7"], "unit": ["3"], "t": ["5"]},
    )
    page.segmented_control(key="inside_way").set_value("Mean of many").run()
    assert "sequence" not in page.query_params
    assert page.query_params["aligned"] in ("first", ["first"])


def test_while_a_run_trains_recorded_models_can_be_looked_into(
    inside: AppTest, store: Store
) -> None:
    run = store.create(TINY, "somebody")
    page = pages.open_run(inside, run)
    assert "once the run has ended" in page.info[0].value
    assert walked(page)["values"]
    assert page.query_params["run"] in (run, [run])
    assert page.query_params["recorded"]


def test_every_task_has_recorded_models(inside: AppTest) -> None:
    inside.run()
    tasks = {source.experiment.task.partition(":")[0] for source in model_choice.sources()}
    assert tasks == set(TASKS)


def test_every_operation_is_one_press(inside: AppTest, store: Store) -> None:
    page = opened(inside, finished(store, TINY))
    presses = [one.key for one in page.button if one.key and one.key.startswith("operate_")]
    assert len(presses) > 8
    for key in presses:
        page.button(key=key).click().run()
        assert not page.exception, key
        assert not page.error, key
        (cards,) = [html for html in page.get("html") if "surgery" in html.proto.body]
        assert cards.proto.body.count("512 sequences") >= 2
        assert ("the other sequence" in cards.proto.body) == (key == "operate_swap")
    assert "line/from c, part 1, after" not in traces(page)
    assert "line/from c, after" in traces(page)


@pytest.mark.parametrize("kind", ["Erase a state", "Add noise to a state", "Swap two memories"])
def test_one_can_operate_as_one_likes(inside: AppTest, store: Store, kind: str) -> None:
    page = opened(inside, finished(store, TINY))
    page.segmented_control(key="inside_kind").set_value(kind).run()
    page.slider(key="inside_at_12").set_value(3).run()
    page.button(key="operate_free").click().run()
    assert not page.exception
    assert not page.error
    assert "**Your operation**" in texts(page)
    assert "after step 3" in texts(page)


def test_a_gate_of_some_units_is_held_for_some_steps(inside: AppTest, store: Store) -> None:
    page = opened(inside, finished(store, TINY))
    page.multiselect(key="inside_units_4").set_value([2, 3]).run()
    page.slider(key="inside_span_12").set_value((2, 5)).run()
    page.selectbox(key="inside_gate").set_value("o").run()
    page.button(key="operate_free").click().run()
    assert "**Your operation**: o = 1 in units 2 and 3, steps 2 to 5." in texts(page)
    page.toggle(key="inside_at_mean").set_value(True).run()
    page.button(key="operate_free").click().run()
    assert "o = its mean" in texts(page)


def test_an_operation_that_this_model_cannot_have_is_refused(inside: AppTest, store: Store) -> None:
    run = finished(store, TINY)
    page = opened(inside, run)
    page.slider(key="inside_span_12").set_value((2, 12)).run()
    page.button(key="operate_free").click().run()
    page.selectbox(key=f"inside_length_{run}").set_value(10).run()
    assert not page.exception
    assert any("give a step from 1 to 10" in error.value for error in page.error)


@pytest.mark.parametrize("task", ["adding", "recall", "copy", "digits"])
def test_other_tasks_can_be_looked_into(inside: AppTest, store: Store, task: str) -> None:
    length = {"copy": 3, "digits": 66}.get(task, 10)
    settings = {**vars(TINY), "task": task, "lengths": (length,), "cells": ("lstm",)}
    page = opened(inside, finished(store, Experiment(**settings)), "lstm")
    page.segmented_control(key="inside_way").set_value("Mean of many").run()
    assert not page.exception
    assert not page.error


CELLS = ("lstm:norm=layer", "gru:norm=batch", "rnn:activation=relu")


@pytest.mark.parametrize("cell", CELLS)
def test_cells_with_other_options_can_be_looked_into(
    inside: AppTest, store: Store, cell: str
) -> None:
    settings = {**vars(TINY), "cells": CELLS, "lengths": (10,)}
    page = opened(inside, finished(store, Experiment(**settings)), cell)
    normalised = "tanh(N(<i>c<sub>t</sub></i>))" in walked(page)["equation"]
    assert normalised == (cell == "lstm:norm=layer")


def test_the_address_opens_the_same_again(inside: AppTest, store: Store) -> None:
    run = finished(store, TINY)
    inside.query_params["cell"] = "gru"
    inside.query_params["length"] = "10"
    page = opened(inside, run, "gru")
    assert page.selectbox(key=f"inside_length_{run}").value == 10
    page.selectbox(key=f"inside_length_{run}").set_value(12).run()
    assert page.selectbox(key=f"inside_length_{run}").value == 12
    assert page.query_params["length"] in ("12", ["12"])


@pytest.mark.usefixtures("without_examples")
def test_without_any_model_one_press_trains_good_ones(inside: AppTest, store: Store) -> None:
    page = inside.run()
    assert not page.exception
    assert not pages.figures(page)
    page.button(key="inside_train").click().run()
    (run,) = store.runs()
    assert run.experiment == model_choice.GOOD
    assert "once the run has ended" in page.info[0].value


def test_a_run_without_weights_says_so(inside: AppTest, store: Store) -> None:
    run = finished(store, TINY, changed=without_weights)
    inside.query_params["run"] = run
    page = inside.run()
    assert not page.exception
    assert any("has no stored weights" in text for text in pages.warnings(page))


def test_recorded_examples_can_be_looked_into(inside: AppTest) -> None:
    page = inside.run()
    assert not page.exception
    offered = page.selectbox(key=INSIDE_SOURCE.name).options
    assert all(title.startswith("Recorded: ") for title in offered)
    assert pages.figures(page)
    assert page.query_params["recorded"]


def test_choosing_a_run_makes_it_the_one_on_show(inside: AppTest, store: Store) -> None:
    first, second = finished(store, TINY), finished(store, TINY)
    page = opened(inside, first)
    page.selectbox(key=INSIDE_SOURCE.name).set_value(second).run()
    assert page.query_params["run"] in (second, [second])


def test_questions_without_an_answer_are_shown(
    inside: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ChildError("no memory", "died")

    run = finished(store, replace(TINY, first_seed=1))  # nobody has asked of it before
    monkeypatch.setattr(FakeScheduler, "ask", refuse)
    inside.query_params["run"] = run
    page = inside.run()
    assert not page.exception
    assert len([error for error in page.error if "no memory" in error.value]) == 5


def test_an_unknown_run_is_shown(inside: AppTest) -> None:
    inside.query_params["run"] = "nowhere"
    page = inside.run()
    assert not page.exception
    assert any("no run nowhere" in text for text in pages.warnings(page))
