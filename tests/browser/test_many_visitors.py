"""What a browser keeps of its visitor, and what two visitors have of each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from playwright.sync_api import FilePayload, Locator, Page, expect

from dashboard.session.visitor import COOKIE
from models.store import Store
from models.store.run import short_id
from tests.browser.conftest import press, select_first_run
from tests.browser.server import Dashboard
from tests.browser.test_race import SMALL, train
from tests.properties import tiny_run

EVIL = "[x](http://evil.example) <img src=x onerror=document.title='evil'>"


def stop(page: Page) -> Locator:
    main = page.get_by_test_id("stMainBlockContainer")
    return main.get_by_role("button", name="Stop", exact=True)


def address(dashboard: Dashboard, **settings: object) -> str:
    return f"{dashboard.url}/?{urlencode({**SMALL, 'cells': 'rnn', **settings}, doseq=True)}"


def run_of(page: Page) -> str:
    """The run that the address names."""
    page.wait_for_function("new URLSearchParams(location.search).has('run')")
    return str(page.evaluate("new URLSearchParams(location.search).get('run')"))


@contextmanager
def another_visitor(page: Page) -> Iterator[Page]:
    """In a window that shares no cookies with the page's."""
    browser = page.context.browser
    assert browser
    with_own_cookies = browser.new_context()
    other = with_own_cookies.new_page()
    try:
        yield other
    finally:
        with_own_cookies.close()


def cookie(page: Page) -> str:
    (found,) = [one for one in page.context.cookies() if one.get("name") == COOKIE]
    return found.get("value", "")


def wait_until_it_trains(page: Page) -> None:
    page.get_by_text("left").filter(has_text="optimiser steps").wait_for()


def test_a_reload_keeps_the_visitor_and_another_one_waits_in_the_queue(
    page: Page, dashboard: Dashboard
) -> None:
    store = Store(dashboard.store_url)
    page.goto(address(dashboard))
    press(train(page))
    first = run_of(page)
    wait_until_it_trains(page)
    secret = cookie(page)
    page.reload()
    stop(page).wait_for()
    assert cookie(page) == secret

    with another_visitor(page) as other:
        other.goto(f"{dashboard.url}/?run={first}")
        wait_until_it_trains(other)
        expect(stop(other)).to_have_count(0)
        other.get_by_role("link", name="Runs").click()
        other.get_by_text("Nothing has been trained yet.").wait_for()
        other.get_by_role("link", name="Race").click()
        press(train(other))
        stop(other).wait_for()
        other.get_by_text("place 1 in the queue, starts in about").wait_for()
        second = run_of(other)
        assert (store.run(first).status, store.run(second).status) == ("running", "queued")

        page.get_by_role("link", name="Runs").click()
        select_first_run(page)
        press(page.get_by_role("link", name="Open", exact=True))
        press(stop(page))
        page.get_by_text("was stopped after").wait_for()
        wait_until_it_trains(other)
        press(stop(other))
        other.get_by_text("was stopped after").wait_for()
    assert store.run(first).status == "stopped"
    assert store.run(first).visitor != store.run(second).visitor


def shows_as_text(page: Page) -> None:
    """That nothing of EVIL became anything else."""
    assert page.locator("a[href*='evil'], img[src='x']").count() == 0
    assert page.title() != "evil"
    assert page.get_by_test_id("stException").count() == 0


def test_what_the_address_says_is_text(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/?{urlencode({'run': EVIL})}")
    page.get_by_text("There is no run").wait_for()
    expect(page.get_by_text("There is no run")).to_contain_text("[x](http")
    shows_as_text(page)


def exported(**changes: object) -> dict[str, bytes]:
    """The files of a run, whose experiment says something else."""
    files = dict(tiny_run.content())
    description = json.loads(files["experiment.json"])
    description["experiment"] |= changes
    return {**files, "experiment.json": json.dumps(description).encode()}


def drop(page: Page, files: dict[str, bytes]) -> None:
    page.locator("input[type=file]").set_input_files(
        [
            FilePayload(name=name, mimeType="text/plain", buffer=content)
            for name, content in files.items()
        ]
    )
    press(page.get_by_role("button", name="Open the files"))


def test_files_are_opened_and_what_is_wrong_with_them_is_text(
    page: Page, dashboard: Dashboard
) -> None:
    page.goto(f"{dashboard.url}/runs")
    page.get_by_text("Open exported results", exact=True).click()
    drop(page, exported(cells=[EVIL]))
    page.get_by_text("Not opened:").wait_for()
    expect(page.get_by_text("Not opened:")).to_contain_text("[x](http")
    shows_as_text(page)
    page.reload()
    page.get_by_text("Open exported results", exact=True).click()
    drop(page, exported())
    run = run_of(page)
    page.get_by_text(f"Run {short_id(run)} finished.").wait_for()
    stored = Store(dashboard.store_url).run(run)
    assert stored.experiment == tiny_run.TINY
    assert stored.visitor
