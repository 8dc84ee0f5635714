"""Runs side by side, as the address asks for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from models.experiment import Experiment
from models.store import Store
from models.store.labels import Labels
from models.store.summaries import summarise
from tests.dashboard import pages
from tests.recorded import finished

TINY = pages.tiny(cells=("rnn", "gru"), lengths=(10, 20), steps=2, evaluate_every=1)
EVIL = "**b** <script> $x$ [l](http://evil.example)"


def made(store: Store, experiment: Experiment, **changes: Any) -> str:
    run = finished(store, replace(experiment, **changes))
    summarise(store, store.run(run))
    return run


def compared(race: AppTest, *runs: str) -> AppTest:
    page = race.run().switch_page("views/runs.py")
    page.session_state["compared_details"] = True  # opened
    page.query_params["compare"] = ",".join(run[-16:] for run in runs)
    page.run()
    assert not page.exception
    return page


def tables(page: AppTest) -> list[pd.DataFrame]:
    return [table.value for table in page.dataframe]


def lines(page: AppTest, figure: int = 0) -> list[str]:
    traces = pages.figures(page)[figure]["data"]
    return [trace["name"] for trace in traces if trace.get("showlegend", True)]


def test_runs_are_overlaid_with_their_spans_and_what_differs(race: AppTest, store: Store) -> None:
    one, other = made(store, TINY), made(store, TINY, hidden_size=6)
    store.label(one, Labels(EVIL))
    page = compared(race, one, other)
    assert pages.top(page) == "Compare runs"
    names = ["A · RNN", "B · RNN", "A · GRU", "B · GRU"]
    assert [lines(page, figure) for figure in range(3)] == [names] * 3
    spans, settings, pivot = tables(page)
    titles = [f"A {EVIL}", f"B run {store.run(other).short_id}"]
    assert list(spans) == ["cell", *titles, "B ÷ A"]
    assert spans["cell"].tolist() == ["RNN", "GRU"]
    assert settings["setting"].tolist() == ["Hidden size"]
    assert settings[titles].to_numpy().tolist() == [["4", "6"]]
    assert pivot.index.tolist() == ["4", "6"]
    assert {"Results: LaTeX", "Spans: CSV", "Paired: Markdown", "Report"} <= set(
        pages.downloads(page)
    )
    (link,) = [one.proto.label for one in page.get("page_link") if "b\\*" in one.proto.label]
    assert "](http" not in link
    page.button(key="all_runs").click().run()
    assert pages.top(page) == "Runs"


def test_runs_that_agree_are_one_plot_of_all_cells(race: AppTest, store: Store) -> None:
    one, other = made(store, TINY, cells=("rnn",)), made(store, TINY, cells=("lstm",))
    page = compared(race, one, other)
    assert lines(page) == ["RNN", "LSTM"]
    page.toggle(key="merge_A").set_value(False).run()
    assert lines(page) == ["A · RNN", "B · LSTM"]


def test_different_tasks_stand_side_by_side(race: AppTest, store: Store) -> None:
    one, other = made(store, TINY), made(store, TINY, task="adding")
    page = compared(race, one, other)
    heads = [header.value for header in page.header]
    assert heads[:2] == ["Temporal order", "Adding"]
    drawn = [tuple(lines(page, figure)) for figure in range(6)]
    for letter in "AB":
        assert drawn.count((f"{letter} · RNN", f"{letter} · GRU")) == 3


def test_what_is_not_there_is_said(race: AppTest, store: Store) -> None:
    run, gone = (store.create(TINY, process="t") for _ in range(2))
    store.finish(run, "failed")
    store.finish(gone, "failed")
    store.mark_deleted([gone])
    page = compared(race, run, gone)
    assert "Not here, or deleted" in pages.warnings(page)[0]
    assert any("Two runs or more" in info.value for info in page.info)
    store.restore([gone])
    page = compared(race, run, gone)
    assert "No cell of these runs" in pages.captions(page)
