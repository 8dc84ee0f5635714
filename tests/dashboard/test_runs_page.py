"""The Runs page lists what was trained."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from models.experiment import Experiment
from models.store import Status, Store
from tests.dashboard import pages


def test_it_says_so_where_nothing_was_trained(runs_page: AppTest) -> None:
    page = runs_page.run()
    assert not page.exception
    assert pages.top(page) == "Runs"
    assert any("Nothing has been trained" in info.value for info in page.info)


def test_every_run_has_a_row_with_its_settings_and_fate(runs_page: AppTest, store: Store) -> None:
    fates: dict[Status, str] = {
        "finished": "",
        "stopped": "",
        "interrupted": "its trainer is gone",
        "failed": "out of memory",
    }
    for status, message in fates.items():
        run = store.create(
            Experiment(cells=("gru:bias=chrono", "rnn"), lengths=(10, 30)), process="a trainer"
        )
        store.finish(run, status, message)
    page = runs_page.run()
    assert not page.exception
    text = "\n".join(markdown.value for markdown in page.markdown)
    assert text.count("RNN · GRU, chrono bias") + text.count("GRU, chrono bias · RNN") == 4
    assert "T = 10, 30" in text
    assert "failed: out of memory" in text
    assert "interrupted: its trainer is gone" in text
    assert pages.buttons(page).count("Open") == 4
    assert pages.downloads(page) == ["Export"] * 4


def test_deleting_takes_the_run_out_of_the_store(runs_page: AppTest, store: Store) -> None:
    kept, doomed = (store.create(Experiment(), process="a trainer") for _ in range(2))
    for run in (kept, doomed):
        store.finish(run, "finished")
    page = runs_page.run().button(key=f"delete_{doomed}").click().run()
    assert not page.exception
    assert [run.id for run in store.runs()] == [kept]
    assert pages.buttons(page).count("Open") == 1


def test_many_runs_come_in_pages(runs_page: AppTest, store: Store) -> None:
    for _ in range(35):
        store.finish(store.create(Experiment(), process="a trainer"), "finished")
    page = runs_page.run()
    assert pages.buttons(page).count("Open") == 30
    page = page.button(key="more").click().run()
    assert pages.buttons(page).count("Open") == 35


def test_pin_keeps_a_run_until_it_is_unpinned(runs_page: AppTest, store: Store) -> None:
    run, other = (store.create(Experiment(), process="a trainer") for _ in range(2))
    for one in (run, other):
        store.finish(one, "finished")
    page = runs_page.run().button(key=f"pin_{run}").click().run()
    assert not page.exception
    assert store.run(run).pinned
    assert not store.run(other).pinned
    assert page.button(key=f"pin_{run}").label == "Unpin"
    assert "\n".join(markdown.value for markdown in page.markdown).count("pinned") == 1
    page.button(key=f"pin_{run}").click().run()
    assert not store.run(run).pinned
    assert page.button(key=f"pin_{run}").label == "Pin"


def test_a_run_that_is_going_cannot_be_deleted_here(runs_page: AppTest, store: Store) -> None:
    run = store.create(Experiment())
    page = runs_page.run()
    assert not page.exception
    (popover,) = page.get("popover")
    assert popover.proto.popover.disabled
    assert store.run(run).active
    assert "queued, about to start" in "\n".join(text.value for text in page.markdown)


def test_a_run_that_was_deleted_elsewhere_cannot_be_pinned(
    runs_page: AppTest, store: Store
) -> None:
    run = store.create(Experiment(), process="a trainer")
    store.finish(run, "finished")
    page = runs_page.run()
    store.delete(run)
    page.button(key=f"pin_{run}").click().run()
    assert not page.exception
    (error,) = page.error
    assert error.value.replace("\\", "") == (
        f"Nothing was changed: there is no run '{run}' in this store."
    )
