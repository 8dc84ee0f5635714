"""The Runs page: what was trained is found, labelled, selected, pinned, exported and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.sections.runs import table
from dashboard.session.session_state import SELECTED_RUNS
from models.experiment import Experiment
from models.store import Status, Store
from models.store.labels import LONGEST_TAG, Labels
from tests.dashboard import pages

EVIL = "=1+1 **b** [x](http://evil.example) <script>alert(1)</script> $x$ :smile:"


def ended(store: Store, status: Status = "finished", message: str = "", **settings: Any) -> str:
    run = store.create(Experiment(**settings), process="a trainer")
    store.finish(run, status, message)
    return run


def selected(page: AppTest, *runs: str) -> AppTest:
    """The page with these runs selected."""
    page.session_state[SELECTED_RUNS.name] = runs
    page.run()
    assert not page.exception
    return page


def disabled(page: AppTest) -> dict[str, bool]:
    links = {link.proto.label: link.proto.disabled for link in page.get("page_link")}
    return links | {button.label: button.disabled for button in page.button}


def ids(page: AppTest) -> list[str]:
    return list(pages.listed(page)["id"])


def test_it_says_so_where_nothing_was_trained(runs_page: AppTest) -> None:
    page = runs_page.run()
    assert not page.exception
    assert pages.top(page) == "Runs"
    assert any("Nothing has been trained" in info.value for info in page.info)


def test_every_run_has_a_row_with_its_settings_and_fate(runs_page: AppTest, store: Store) -> None:
    settings: dict[str, Any] = {"cells": ("gru:bias=chrono", "rnn"), "lengths": (10, 30)}
    ended(store, "interrupted", "its trainer is gone", **settings)
    ended(store, "failed", "out of memory", **settings)
    page = runs_page.run()
    assert not page.exception
    rows = pages.listed(page)
    assert list(rows["status"]) == ["failed: out of memory", "interrupted: its trainer is gone"]
    assert [list(cells) for cells in rows["cells"]] == [["RNN", "GRU, chrono bias"]] * 2
    assert list(rows["lengths"]) == ["10, 30"] * 2
    assert list(rows["task"]) == ["Temporal order"] * 2
    assert set(disabled(page).items()) >= {("Open", True), ("Compare", True), ("Delete", True)}


def test_names_are_shown_as_they_are_and_found(runs_page: AppTest, store: Store) -> None:
    run, _ = ended(store), ended(store)
    store.label(run, Labels(EVIL, EVIL, ("a b",)))
    page = runs_page.run()
    rows = pages.listed(page)
    assert set(rows["name"]) == set(rows["notes"]) == {EVIL, ""}
    page.text_input(key="search").set_value("<SCRIPT> **b**").run()
    assert ids(page) == [store.run(run).short_id]
    page.text_input(key="search").set_value("nowhere").run()
    assert not page.exception
    assert any("No run is like that" in info.value for info in page.info)


def test_filters_choose_runs_and_come_from_the_address(runs_page: AppTest, store: Store) -> None:
    adding, copy = (
        ended(store, task=task, cells=(cell,))
        for task, cell in (("adding", "rnn"), ("copy", "lstm"))
    )
    page = runs_page.run()
    page.multiselect(key="with_cell").set_value(["lstm"]).run()
    assert ids(page) == [store.run(copy).short_id]
    page.multiselect(key="with_cell").set_value([]).run()
    page.multiselect(key="with_task").set_value(["adding"]).run()
    assert ids(page) == [store.run(adding).short_id]


def test_a_tag_chooses_its_runs(runs_page: AppTest, store: Store) -> None:
    tagged, _ = ended(store), ended(store)
    tag = "=1 <b>x</b> **y** $a$"
    store.label(tagged, Labels(tags=("thesis", tag)))
    page = runs_page.run()
    page.multiselect(key="with_tag").set_value([tag]).run()
    assert ids(page) == [store.run(tagged).short_id]
    assert not page.exception


def test_what_is_edited_is_stored_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [ended(store), ended(store)]
    state: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", state)

    def edit(rows: dict[int, dict[str, Any]]) -> None:
        state["key"] = {"edited_rows": rows}
        table._store_edits(runs, "key")

    edit({1: {"name": EVIL, "tags": "x,  x, y", "selected": True}})
    assert store.run(runs[1]).labels == Labels(EVIL, "", ("x", "y"))
    store.label(runs[1], Labels("elsewhere"))
    edit({1: {"name": EVIL, "tags": "x,  x, y"}, 0: {"pinned": True, "notes": None}})
    assert store.run(runs[1]).labels.name == "elsewhere", "it was edited before that"
    assert store.run(runs[0]).pinned
    edit({0: {"notes": "", "tags": "a\rb\nc, d"}})
    assert store.run(runs[0]).labels.tags == ("a b c", "d")
    store.label(runs[0], Labels())
    edit({0: {"tags": "t" * (LONGEST_TAG + 1)}})
    assert "give at most" in state["run_unchanged"]
    assert store.run(runs[0]).labels == Labels()


def test_a_deletion_can_be_undone(runs_page: AppTest, store: Store) -> None:
    kept, doomed = ended(store), ended(store)
    page = selected(runs_page, doomed)
    page.button(key="delete_selected").click().run()
    assert not page.exception
    assert [run.id for run in store.runs()] == [kept]
    assert ids(page) == [store.run(kept).short_id]
    assert "1 run deleted." in [info.value for info in page.info]
    page.button(key="undo").click().run()
    assert not page.exception
    assert {run.id for run in store.runs()} == {kept, doomed}
    assert len(ids(page)) == 2
    page = selected(page, doomed).button(key="delete_selected").click().run()
    page.button(key=f"restore_{doomed}").click().run()
    assert len(ids(page)) == 2


def test_pin_keeps_a_run_first_until_it_is_unpinned(runs_page: AppTest, store: Store) -> None:
    run, other = ended(store), ended(store)
    page = selected(runs_page, run).button(key="pin_selected").click().run()
    assert not page.exception
    assert (store.run(run).pinned, store.run(other).pinned) == (True, False)
    assert list(pages.listed(page)["pinned"]) == [True, False]
    assert page.button(key="pin_selected").label == "Unpin"
    page.button(key="pin_selected").click().run()
    assert not store.run(run).pinned


def test_several_are_exported_and_compared(runs_page: AppTest, store: Store) -> None:
    runs = [ended(store), ended(store)]
    page = selected(runs_page, *runs)
    assert {"Export", "List as CSV"} <= set(pages.downloads(page))
    assert not disabled(page)["Compare"]
    assert disabled(page)["Open"]
    page.button(key="compare_selected").click().run()
    asked = "".join(page.query_params["compare"])
    assert set(asked.split(",")) == {run[-16:] for run in runs}


def test_a_run_that_is_going_cannot_be_deleted_here(runs_page: AppTest, store: Store) -> None:
    run = store.create(Experiment())
    page = selected(runs_page, run)
    assert disabled(page)["Delete"]
    assert list(pages.listed(page)["status"]) == ["queued 0%, about to start"]


def test_a_run_that_was_deleted_elsewhere_cannot_be_pinned(
    runs_page: AppTest, store: Store
) -> None:
    run = ended(store)
    page = selected(runs_page, run)
    store.delete(run)
    page.button(key="pin_selected").click().run()
    assert not page.exception
    (error,) = page.error
    assert error.value.replace("\\", "") == (
        f"Nothing was changed: there is no run '{run}' in this store."
    )
