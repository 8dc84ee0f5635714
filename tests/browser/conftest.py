"""A browser and a dashboard for the tests in this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from models.store import Store
from tests.browser.chromium import EXECUTABLE, chromium
from tests.browser.server import Dashboard, running_dashboard

WIDE = ViewportSize(width=1400, height=1000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not EXECUTABLE.exists():
        message = f"no Chromium at {EXECUTABLE}: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def dashboard(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("dashboard")
    # Runs that go on until they are stopped are too long for any limit, on a slow machine at least.
    with running_dashboard(folder, trainers="1", minutes="0") as dashboard:
        yield dashboard


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What one visitor after the other uses: what it has fetched and compiled is kept."""
    with browser.new_context(viewport=WIDE) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, dashboard: Dashboard) -> Iterator[Page]:
    """A new visitor's page, whose errors fail the test; what it trains ends with it."""
    errors: list[str] = []
    context.clear_cookies()
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(60_000)
    yield page
    page.close()
    store = Store(dashboard.store_url)
    for run in store.runs():
        store.request_stop(run.id)
    assert not errors
