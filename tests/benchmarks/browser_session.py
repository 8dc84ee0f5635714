"""A visitor with a browser, who does what ``tests.benchmarks.session.Session`` does without one."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Response,
    WebSocket,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from tests.benchmarks.session import PATIENCE_SECONDS, SessionError
from tests.browser.chromium import ARGUMENTS, EXECUTABLE

IDLE = "[data-test-script-state=notRunning]"
"""The page while no script of its runs."""


LEAST_URGENT = 19
LOOK_SECONDS = 0.5


@asynccontextmanager
async def async_chromium() -> AsyncIterator[Browser]:
    """A headless browser, for asyncio. It leaves the processor to everyone else."""
    async with async_playwright() as playwright, asyncio.TaskGroup() as group:
        browser = await playwright.chromium.launch(executable_path=str(EXECUTABLE), args=ARGUMENTS)
        stepping_back = group.create_task(_step_back())
        try:
            yield browser
        finally:
            stepping_back.cancel()
            await browser.close()


async def _step_back() -> None:
    """Browsers run on other machines: what they draw is not to keep the dashboard waiting.

    Chromium starts a process for each tab, and gives some of them a higher priority by itself. It
    is a session of its own, which Linux may give as much of the processor as all of ours.
    """
    while True:
        for process in psutil.Process().children(recursive=True):
            with suppress(OSError, psutil.Error):  # it has ended meanwhile
                if "chrom" in process.name():
                    for thread in process.threads():
                        os.setpriority(os.PRIO_PROCESS, thread.id, LEAST_URGENT)
                    Path(f"/proc/{process.pid}/autogroup").write_text(str(LEAST_URGENT))
        await asyncio.sleep(LOOK_SECONDS)


class BrowserSession:
    """One visitor's tab in a context of its own. ``report`` is told of every error on it."""

    def __init__(self, browser: Browser, url: str, report: Callable[[str], None]) -> None:
        self.url = url
        self.updates: list[float] = []
        """Always empty: what runs by itself is not seen from outside."""
        self._browser = browser
        self._report = report
        self._context: BrowserContext | None = None
        self._tab: Page | None = None
        self._leaves = False

    @property
    def run(self) -> str:
        """The run that the address names, or empty."""
        return parse_qs(urlsplit(self._page.url).query).get("run", [""])[0]

    @property
    def _page(self) -> Page:
        if self._tab is None:
            raise SessionError("no page is open")
        return self._tab

    async def open(self, query: str) -> None:
        """Opens the page with this query in its address; returns when it stands there."""
        if self._tab is None:
            self._context = await self._browser.new_context()
            self._tab = await self._context.new_page()
            self._tab.set_default_timeout(1000 * PATIENCE_SECONDS)
            self._watch(self._tab)
        self._leaves = True
        try:
            await self._page.goto(f"{self.url}/?{query}")
            self._leaves = False
            await self._page.get_by_role("button", name="Train", exact=True).wait_for()
            await self._page.locator(IDLE).first.wait_for()
        except PlaywrightError as error:
            raise SessionError(f"the page does not open: {error.message}") from error
        await self._look_for_errors()

    async def close(self) -> None:
        """Closes the tab."""
        self._leaves = True
        if self._context:
            await self._context.close()
            self._context = self._tab = None

    async def press(self, label: str) -> None:
        """Presses a button; returns when the address names another run."""
        before = self.run
        try:
            await self._page.get_by_role("button", name=label, exact=True).click()
            await self._page.wait_for_function(
                "run => ![run, null].includes(new URLSearchParams(location.search).get('run'))",
                arg=before or None,
            )
        except PlaywrightError as error:
            raise SessionError(f"{label} starts no run: {error.message}") from error
        await self._look_for_errors()

    async def set_number(self, label: str, value: int) -> None:
        """Types another number among the advanced settings; returns when the address has it."""
        number = self._page.get_by_role("spinbutton", name=label)
        try:
            if not await number.is_visible():
                await self._page.get_by_test_id("stSidebar").get_by_text("Advanced").click()
            await number.fill(str(value))
            await number.press("Enter")
            await self._page.wait_for_url(re.compile(rf"=({value})(&|$)"))
            await self._page.locator(IDLE).first.wait_for()
        except PlaywrightError as error:
            raise SessionError(f"{label} cannot be set: {error.message}") from error
        await self._look_for_errors()

    async def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Waits, for ever, until the page stands still and some text on it has the pattern."""
        text = self._page.get_by_text(pattern).first
        try:
            await text.wait_for(timeout=0)
            await self._page.locator(IDLE).first.wait_for()
            found = pattern.search(await text.inner_text())
        except PlaywrightError as error:
            raise SessionError(f"the page is gone: {error.message}") from error
        await self._look_for_errors()
        assert found
        return found

    async def download(self, label: str) -> bytes:
        """Presses a download button; what the browser saves."""
        try:
            async with self._page.expect_download() as download:
                await self._page.get_by_role("button", name=label, exact=True).click()
            return Path(await (await download.value).path()).read_bytes()
        except PlaywrightError as error:
            raise SessionError(f"no file of {label}: {error.message}") from error

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._report(f"browser: {error}"))
        page.on("crash", lambda _: self._report("browser: the page crashed"))
        page.on("response", self._see_response)
        page.on("websocket", self._see_websocket)

    def _see_response(self, response: Response) -> None:
        if response.status >= 400:
            self._report(f"browser: HTTP {response.status} {response.url.split('?')[0]}")

    def _see_websocket(self, websocket: WebSocket) -> None:
        websocket.on("close", self._see_close)

    def _see_close(self, _: WebSocket) -> None:
        if not self._leaves:
            self._report("browser: the websocket was dropped")

    async def _look_for_errors(self) -> None:
        for name in ("stException", "stAlertContentError"):
            for text in await self._page.get_by_test_id(name).all_inner_texts():
                self._report(f"{name}: {text}")
