"""A browser and a dashboard for the tests in this folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    ViewportSize,
    WebSocket,
    expect,
)

from models.store import Store
from tests.browser.chromium import EXECUTABLE, chromium
from tests.browser.server import PATIENCE_SECONDS, Dashboard, running_dashboard

PROBE = re.compile(r"://[^/]+/[^/]+/_stcore/(health|host-config)$")
"""From a page's address alone Streamlit's browser half cannot tell where the app's root is: it asks
beneath the page first, and waits for this 404 (streamlit issue 7074)."""
PATIENCE_MILLISECONDS = 1000 * PATIENCE_SECONDS
Recorder = Callable[[str, list[float]], None]
"""Notes what a test has measured under a name; the summary of all tests lists it."""
WIDE = ViewportSize(width=1400, height=1000)


def select_first_run(page: Page) -> None:
    """Selects the first run of the Runs page, by keyboard, unless it was selected before."""
    table = page.get_by_test_id("data-grid-canvas")
    table.wait_for()
    settled(page)
    chosen = page.get_by_text("1 run selected")
    if not chosen.is_visible():
        table.focus()
        page.keyboard.press("Space")
    chosen.wait_for()
    settled(page)


def press(button: Locator) -> None:
    """Presses a button once it is there and the page stands still."""
    button.wait_for()
    settled(button.page)
    button.click()


def settled(page: Page) -> None:
    """Waits until the page stands still: what is pressed while it is drawn may be lost."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def watch(context: BrowserContext, errors: list[str]) -> None:
    """Notes what goes wrong in any page of a context: exceptions, console errors, 4xx and 5xx.

    And makes all of its pages patient.
    """
    context.set_default_timeout(PATIENCE_MILLISECONDS)

    def console(message: ConsoleMessage) -> None:
        # Of a refused request the response says more.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(f"console: {message.text}")

    def response(answer: Response) -> None:
        if answer.status >= 400 and not PROBE.search(answer.url):
            errors.append(f"{answer.status}: {answer.url}")

    context.on("weberror", lambda error: errors.append(f"uncaught: {error.error}"))
    context.on("console", console)
    context.on("response", response)


@pytest.fixture(scope="session")
def all_errors() -> list[str]:
    """What went wrong in the browser since the test began."""
    return []


@pytest.fixture(autouse=True)
def browser_errors(all_errors: list[str]) -> Iterator[list[str]]:
    """What goes wrong in the browser fails the test, unless the test takes it from this list."""
    all_errors.clear()
    yield all_errors
    assert not all_errors


@pytest.fixture(scope="session")
def browser(all_errors: list[str]) -> Iterator[Browser]:
    if not EXECUTABLE.exists():
        message = f"no Chromium at {EXECUTABLE}: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with chromium() as browser:
        browser.on("context", lambda context: watch(context, all_errors))
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
    """A new visitor's page; what it trains ends with it."""
    context.clear_cookies()
    page = context.new_page()
    yield page
    page.close()
    store = Store(dashboard.store_url)
    for run in store.runs():
        store.request_stop(run.id)


@pytest.fixture
def asked(page: Page) -> list[object]:
    """Everything that the page has sent to its server so far."""
    sent: list[object] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))

    page.on("websocket", opened)
    return sent
