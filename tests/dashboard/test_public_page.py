"""The headers of a public page, and the visitor's cookie, from a dashboard that runs."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from http.cookies import Morsel, SimpleCookie

import pytest

from dashboard.session.public_page import HEADERS
from dashboard.session.visitor import COOKIE, SECRET
from tests.browser.server import Dashboard, running_dashboard

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET_OF_ANNA = "anna-has-this-secret-and-noone-else"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with running_dashboard(tmp_path_factory.mktemp("dashboard")) as dashboard:
        yield dashboard


def headers(dashboard: Dashboard, path: str, **sent: str) -> Message:
    """Of the response."""
    try:
        request = urllib.request.Request(dashboard.url + path, headers=sent)
        with urllib.request.urlopen(request) as response:
            received: Message = response.headers
            return received
    except urllib.error.HTTPError as error:
        return error.headers


def cookie(dashboard: Dashboard, **sent: str) -> Morsel[str]:
    """The visitor's, of a page."""
    given = headers(dashboard, "/runs", **BROWSER, **sent)["Set-Cookie"]
    morsel: Morsel[str] = SimpleCookie(given)[COOKIE]
    return morsel


def asset(dashboard: Dashboard) -> str:
    """The path of one of Streamlit's own files."""
    with urllib.request.urlopen(dashboard.url) as page:
        found = re.search(r"static/js/[\w.-]+\.js", page.read().decode())
    assert found
    return f"/{found[0]}"


def test_every_response_has_the_headers(dashboard: Dashboard) -> None:
    paths = ("/", "/runs", "/_stcore/health", "/media/nothing.csv", "/component/none/index.html")
    for path in (*paths, asset(dashboard)):
        response = headers(dashboard, path)
        assert {name: response[name] for name in HEADERS} == HEADERS, path


def test_the_cookie_is_for_the_server_alone_and_lasts(dashboard: Dashboard) -> None:
    given = cookie(dashboard)
    assert SECRET.fullmatch(given.value)
    assert len(given.value) >= 32
    assert given["httponly"]
    assert (given["path"], given["samesite"], given["secure"]) == ("/", "Lax", "")
    assert int(given["max-age"]) == 365 * 24 * 3600
    assert cookie(dashboard).value != given.value


def test_behind_tls_it_keeps_to_tls(dashboard: Dashboard) -> None:
    assert cookie(dashboard, **{"X-Forwarded-Proto": "https"})["secure"]


def test_a_secret_that_a_browser_has_is_renewed(dashboard: Dashboard) -> None:
    """One that an earlier release set by script as well, which scripts could read."""
    given = cookie(dashboard, Cookie=f"{COOKIE}={SECRET_OF_ANNA}")
    assert (given.value, given["httponly"]) == (SECRET_OF_ANNA, True)


@pytest.mark.parametrize("made_up", ["", "short", "x" * 65, '"a b"', "%27;alert(1)", "ä" * 30])
def test_one_that_we_did_not_make_is_replaced(dashboard: Dashboard, made_up: str) -> None:
    given = cookie(dashboard, Cookie=f"{COOKIE}={made_up}")
    assert SECRET.fullmatch(given.value)
    assert given.value != made_up


def test_no_cache_keeps_one_visitors_page_for_another(dashboard: Dashboard) -> None:
    page = headers(dashboard, "/", **BROWSER)
    assert page["Cache-Control"] == "private, no-cache"
    unchanged = headers(dashboard, "/", **BROWSER, **{"If-None-Match": page["ETag"]})
    assert unchanged["Cache-Control"] == "private, no-cache"
    assert COOKIE in unchanged["Set-Cookie"]


def test_what_is_no_page_gives_no_cookie(dashboard: Dashboard) -> None:
    for path in ("/_stcore/health", asset(dashboard)):
        assert COOKIE not in str(headers(dashboard, path, Accept="*/*")["Set-Cookie"])


def test_streamlits_own_cookies_stay(dashboard: Dashboard) -> None:
    given = headers(dashboard, "/_stcore/health", **BROWSER).get_all("Set-Cookie", [])
    assert {one.partition("=")[0] for one in given} == {COOKIE, "_streamlit_xsrf"}
