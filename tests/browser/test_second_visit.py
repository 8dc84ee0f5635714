"""What a browser fetches when it comes again."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext

from dashboard.components.live_chart import SCRIPT
from dashboard.session.public_page import FOR_GOOD, VERSION
from tests.browser.conftest import settled
from tests.browser.server import Dashboard
from tests.browser.test_gradient_flow import wait_for_chart

SMALL = 20_000
"""Bytes of what a page may fetch anew: itself, and what the server says of its state."""


def fetched(context: BrowserContext, dashboard: Dashboard) -> dict[str, int]:
    """The bytes that came over the network by address, while the Race page opened."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        if not event["response"].get("fromDiskCache"):
            addresses[event["requestId"]] = event["response"]["url"]

    def from_memory(event: dict[str, Any]) -> None:
        addresses.pop(event["requestId"], None)

    def loaded(event: dict[str, Any]) -> None:
        if address := addresses.get(event["requestId"]):
            sizes[address] = event["encodedDataLength"]

    session.on("Network.responseReceived", answered)
    session.on("Network.requestServedFromCache", from_memory)
    session.on("Network.loadingFinished", loaded)
    page.goto(dashboard.url)
    wait_for_chart(page, "norm")
    settled(page)
    page.close()
    return sizes


def test_a_second_visit_is_sent_nothing_that_has_not_changed(
    browser: Browser, dashboard: Dashboard
) -> None:
    with browser.new_context() as context:
        first, second = (fetched(context, dashboard) for _ in range(2))
    assert any("plotly.min.js" in address and size > 10**6 for address, size in first.items())
    assert sum(second.values()) < SMALL, second


def test_a_file_with_a_version_is_kept_for_good_and_a_page_never(
    browser: Browser, dashboard: Dashboard
) -> None:
    with browser.new_context() as context:
        fetched(context, dashboard)  # the server knows a component once a page has had it

        def kept(path: str, **headers: str) -> str:
            response = context.request.get(f"{dashboard.url}/{path}", headers=headers)
            return response.headers.get("cache-control", "")

        assert kept(SCRIPT) == FOR_GOOD
        assert kept(SCRIPT.partition("?")[0]) == "public"
        assert kept(f"component/none/a.js?{VERSION}=1") == ""
        for page in ("", "runs"):
            assert kept(f"{page}?{VERSION}=1") == "no-cache"
            assert kept(f"{page}?{VERSION}=1", Accept="text/html") == "private, no-cache"
