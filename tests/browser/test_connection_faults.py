"""A tab that is closed, a page that is reloaded, a connection that is lost: the run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from models.store import Store
from tests.browser.conftest import WIDE, press, settled
from tests.browser.server import Dashboard

EXPERIMENT = {
    "cells": ["rnn", "gru"],
    "lengths": [10, 15],
    "seeds": 1,
    "steps": 100_000,
    "evaluate_every": 20,
    "hidden_size": 6,
    "batch_size": 8,
    "held_out": 32,
    "device": "cpu",
}
"""Small, but it goes on until it is stopped."""
COUNT_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends window.WebSocket {
        constructor(...arguments_) { super(...arguments_); window.sockets.push(this); }
    };
"""


@pytest.fixture
def context(browser: Browser, dashboard: Dashboard) -> Iterator[BrowserContext]:
    """One visitor; what was started is stopped in the end."""
    context = browser.new_context(viewport=WIDE)
    context.add_init_script(COUNT_SOCKETS)
    yield context
    context.close()
    store = Store(dashboard.store_url)
    for run in store.active():
        store.request_stop(run.id)


@pytest.fixture
def store(dashboard: Dashboard) -> Store:
    return Store(dashboard.store_url)


def close_the_tab(page: Page) -> Page:
    address, context = page.url, page.context
    page.close()
    again = context.new_page()
    again.wait_for_timeout(1000)
    again.goto(address)
    return again


def reload(page: Page) -> Page:
    page.reload()
    return page


def lose_the_connection(page: Page) -> Page:
    """For a while; the page connects again by itself.

    Not while it is drawn: of what is lost then, Streamlit's page may miss a part for ever.
    """
    settled(page)
    page.context.set_offline(True)
    page.evaluate("sockets.forEach(socket => socket.close())")
    page.wait_for_timeout(3000)
    page.context.set_offline(False)
    page.wait_for_function("sockets.length > 1 && sockets.at(-1).readyState === WebSocket.OPEN")
    return page


def test_the_run_goes_on_and_all_of_it_is_there(
    context: BrowserContext,
    dashboard: Dashboard,
    store: Store,
    tmp_path: Path,
    browser_errors: list[str],
) -> None:
    page = context.new_page()
    page.goto(f"{dashboard.url}/?{urlencode(EXPERIMENT, doseq=True)}")
    press(page.get_by_role("button", name="Train", exact=True))
    wait_for_steps(page, 0)
    (run,) = store.active()
    for leave in (lose_the_connection, reload, close_the_tab):
        page = leave(page)
        wait_for_steps(page, store.run(run.id).done_steps)
        if leave is lose_the_connection:
            browser_errors.clear()  # Streamlit says on the console that it was cut off
        assert store.run(run.id).status == "running", leave.__name__
        assert [one.id for one in store.active(run.visitor)] == [run.id], leave.__name__

    main = page.get_by_test_id("stMainBlockContainer")
    press(main.get_by_role("button", name="Stop", exact=True))
    page.get_by_text(f"Run {run.short_id} was stopped after").wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="accuracy.csv", exact=True).click()
    download.value.save_as(tmp_path / "accuracy.csv")
    shown, stored = pd.read_csv(tmp_path / "accuracy.csv"), store.read(run.id, "accuracy")[0]
    assert sorted(shown["step"]) == sorted(stored["step"])
    assert set(stored["cell"]) == {"rnn", "gru"}
    expect(page.get_by_test_id("stException")).to_have_count(0)


def wait_for_steps(page: Page, more_than: int) -> None:
    """Until the page says that so many optimiser steps are done."""
    page.wait_for_function(
        """least => [...document.querySelectorAll('[data-testid="stProgress"]')].some(bar =>
            Number((bar.innerText.match(/([\\d,]+) of [\\d,]+ optimiser steps/)?.[1] ?? "0")
                .replaceAll(",", "")) > least)""",
        arg=more_than,
    )
