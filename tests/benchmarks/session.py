"""A visitor without a browser: one websocket session that speaks Streamlit's own protocol.

It does what Streamlit 1.67's page does in a browser: shakes hands, runs the script with what was
pressed or changed, runs fragments again every so often where they ask for it, caches messages, and
fetches a download, or gives away a file, in two steps. Its messages are ``streamlit.proto``'s.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
import urllib.request
import uuid
from collections.abc import Callable
from http.client import HTTPException
from http.cookies import SimpleCookie
from urllib.error import URLError
from urllib.parse import parse_qs, parse_qsl, urlencode

from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg
from streamlit.proto.Common_pb2 import (
    FileUploaderState,
    FileURLs,
    FileURLsRequest,
    UploadedFileInfo,
)
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from tests.benchmarks.page import Element, Page

PATIENCE_SECONDS = 60.0
"""How long a page may take to answer."""
WENT_WELL = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)
PROTOCOLS = (Subprotocol("streamlit"), Subprotocol("PLACEHOLDER_AUTH_TOKEN"))
"""What a browser that has not logged in names."""
BEFORE_THE_SOCKET = ("/_stcore/health", "/_stcore/host-config")
"""What a browser fetches after the page itself, beside what it has cached."""
XSRF = "_streamlit_xsrf"
"""The cookie whose value has to come along with a file."""


class SessionError(RuntimeError):
    """What a visitor could not do, and why."""


class Session:
    """One visitor's page, opened again and again. ``report`` is told of every error on it."""

    def __init__(self, url: str, cookie: str, report: Callable[[str], None]) -> None:
        """``url`` as in http://localhost:8501; ``cookie`` as in name=value."""
        self.url = url
        self.page = Page()
        self.updates: list[float] = []
        """Seconds that each live update took, from asking for it to its end."""
        self._cookie, self._xsrf = cookie, ""
        self._report = report
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._forget()

    def _forget(self) -> None:
        self.page = Page()
        self._query = self._session = self.page_name = self._page_hash = self._lost = ""
        self._age = 0
        self._runs = False
        self._changed: dict[str, WidgetState] = {}
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._asked: dict[str, float] = {}
        self._begun: set[str] = set()
        self._waits_for: str | None = None
        self._files: dict[str, str] = {}
        self._places: dict[str, FileURLs] = {}
        self._news = asyncio.Event()

    @property
    def run(self) -> str:
        """The run that the address names, or empty."""
        return parse_qs(self._query).get("run", [""])[0]

    async def open(self, query: str, page: str = "") -> None:
        """Opens a page with this query in its address; returns when it stands there.

        ``page`` is its name in the address, as in gradient_flow; by default it is the first.
        """
        await self.close()
        self._forget()
        self._query, self.page_name = query, page
        for path in (f"/{page}", *BEFORE_THE_SOCKET):
            await self._fetch(path)
        try:
            self._connection = await connect(
                self.url.replace("http", "ws", 1) + "/_stcore/stream",
                origin=Origin(self.url),
                subprotocols=PROTOCOLS,
                additional_headers={"Cookie": self._cookie},
                proxy=None,
                open_timeout=PATIENCE_SECONDS,
                ping_interval=None,
                max_size=None,
            )
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise SessionError(f"the websocket does not open: {error!r}") from error
        self._reader = asyncio.create_task(self._read(self._connection))
        await self._run_script()

    async def reload(self) -> None:
        """Opens the same address again."""
        await self.open(self._query, self.page_name)

    async def close(self) -> None:
        """Leaves the page, as when a browser's tab is closed."""
        self._stop_timers()
        if self._reader:
            self._reader.cancel()
            self._reader = None
        if self._connection:
            await self._connection.close()
            self._connection = None

    async def press(self, label: str) -> None:
        """Presses a button; returns when the page has answered."""
        button = await self._element("button", label)
        if button.disabled:
            raise SessionError(f"{label} is disabled")
        pressed = WidgetState(id=button.id, trigger_value=True)
        await self._run_script(button.fragment, pressed)

    async def set_number(self, label: str, value: int) -> None:
        """Types another number; returns when the page has answered."""
        number = await self._element("number_input", label)
        self._changed[number.id] = WidgetState(id=number.id, double_value=value)
        await self._run_script(number.fragment)
        if number.parameter:
            rest = [pair for pair in parse_qsl(self._query) if pair[0] != number.parameter]
            self._query = urlencode([*rest, (number.parameter, value)])

    async def upload(self, label: str, name: str, content: bytes) -> None:
        """Chooses a file; returns when the page has answered."""
        uploader = await self._element("file_uploader", label)
        request = FileURLsRequest(
            request_id=str(uuid.uuid4()), file_names=[name], session_id=self._session
        )
        await self._send(BackMsg(file_urls_request=request))
        await self._until(lambda: request.request_id in self._places, f"place for {name}")
        place = self._places.pop(request.request_id)
        await self._put(place.upload_url, name, content)
        file = UploadedFileInfo(
            name=name, size=len(content), file_id=place.file_id, file_urls=place
        )
        chosen = FileUploaderState(uploaded_file_info=[file])
        self._changed[uploader.id] = WidgetState(id=uploader.id, file_uploader_state_value=chosen)
        await self._run_script(uploader.fragment)

    async def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Waits, for ever, until the page stands still and some text on it has the pattern."""
        while not (found := self.page.search(pattern)) or self._runs:
            await self._next_message()
        return found

    async def download(self, label: str) -> bytes:
        """Presses a download button; what the browser would save."""
        button = await self._element("download_button", label)
        request = BackendOperationRequest(request_id=str(uuid.uuid4()), session_id=self._session)
        request.deferred_file.file_id = button.file
        await self._send(BackMsg(backend_operation_request=request))
        await self._until(lambda: request.request_id in self._files, f"file of {label}")
        return await self._fetch(self._files.pop(request.request_id))

    async def _element(self, kind: str, label: str) -> Element:
        await self._until(lambda: self.page.find(kind, label) is not None, f"{kind} {label!r}")
        found = self.page.find(kind, label)
        assert found
        return found

    async def _run_script(self, fragment: str = "", pressed: WidgetState | None = None) -> None:
        self._begun.clear()
        self._waits_for = fragment
        await self._send_rerun(fragment, pressed)
        await self._until(lambda: self._waits_for is None, "answer")

    async def _send_rerun(
        self, fragment: str, pressed: WidgetState | None = None, by_itself: bool = False
    ) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_script_hash = self._page_hash
        state.page_name = "" if self._page_hash else self.page_name
        state.fragment_id = fragment
        state.is_auto_rerun = by_itself
        state.widget_states.widgets.extend(
            [*self._changed.values(), *([pressed] if pressed else [])]
        )
        state.cached_message_hashes.extend(self.page.cached)
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-US"
        state.context_info.url = self.url
        await self._send(message)

    async def _send(self, message: BackMsg) -> None:
        try:
            assert self._connection
            await self._connection.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise SessionError(f"the websocket was dropped: {error}") from error

    async def _fetch(self, path: str) -> bytes:
        return await self._ask(urllib.request.Request(self.url + path))

    async def _put(self, path: str, name: str, content: bytes) -> None:
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
        body = b"".join([head.encode(), b"\r\n\r\n", content, f"\r\n--{boundary}--\r\n".encode()])
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Xsrftoken": self._xsrf,
        }
        await self._ask(urllib.request.Request(self.url + path, body, headers, method="PUT"))

    async def _ask(self, request: urllib.request.Request) -> bytes:
        request.add_header("Cookie", f"{self._cookie}; {XSRF}={self._xsrf}")
        try:
            content, cookies = await asyncio.to_thread(_answer, request)
        except (URLError, OSError, HTTPException) as error:
            path = request.full_url.removeprefix(self.url).split("?")[0]
            raise SessionError(f"{request.get_method()} {path}: {error}") from error
        if XSRF in cookies:
            self._xsrf = cookies[XSRF].value
        return content

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not holds():
                    await self._next_message()
        except TimeoutError as error:
            told = "; ".join(self.page.alerts())
            raise SessionError(f"no {what} within {PATIENCE_SECONDS:.0f} s. {told}") from error

    async def _next_message(self) -> None:
        if self._lost:
            raise SessionError(self._lost)
        self._news.clear()
        await self._news.wait()

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for data in connection:
                assert isinstance(data, bytes)
                self._take(ForwardMsg.FromString(data))
                self._news.set()
            self._lost = "the server closed the websocket"
        except ConnectionClosed as error:
            self._lost = f"the websocket was dropped: {error}"
        except Exception as error:
            self._lost = f"a message could not be read: {error!r}"
        self._news.set()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._begin(message)
            case "navigation":
                self._page_hash = message.navigation.page_script_hash
                pages = message.navigation.app_pages
                names = {one.page_script_hash: one.url_pathname for one in pages}
                self.page_name = names.get(self._page_hash, "")
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "session_status_changed":
                self._runs = message.session_status_changed.script_is_running
            case "delta" | "ref_hash":
                element = self.page.draw(message)
                if element and element.error:
                    self._report(f"{element.kind}: {element.text}")
            case "session_event":
                if text := message.session_event.script_compilation_exception.message:
                    self._report(f"script: {text}")
            case "auto_rerun":
                self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                self._stop_timers(list(message.stop_auto_rerun.fragment_ids))
            case "script_finished":
                self._finish(message)
            case "backend_operation_response":
                self._file_made(message)
            case "file_urls_response":
                response = message.file_urls_response
                self._places[response.response_id] = response.file_urls[0]

    def _begin(self, message: ForwardMsg) -> None:
        new, run = message.new_session, message.metadata.run
        self._session = new.initialize.session_id or self._session
        self._page_hash = new.page_script_hash
        self._age = new.config.max_cached_message_age
        self._begun.add(run.script_run_id)
        self.page.begin(run.script_run_id)
        if not run.fragment_ids:
            self._stop_timers()

    def _finish(self, message: ForwardMsg) -> None:
        run, fragments = message.metadata.run.script_run_id, list(message.metadata.run.fragment_ids)
        if message.script_finished not in WENT_WELL:
            return
        self.page.finish(run, fragments, self._age)
        for fragment in fragments:
            if asked := self._asked.pop(fragment, None):
                self.updates.append(time.perf_counter() - asked)
        if run in self._begun and (not fragments or self._waits_for in fragments):
            self._waits_for = None

    def _file_made(self, message: ForwardMsg) -> None:
        response = message.backend_operation_response
        if response.error_msg:
            self._report(f"download: {response.error_msg}")
        else:
            self._files[response.request_id] = response.deferred_file.url

    def _start_timer(self, fragment: str, seconds: float) -> None:
        if self._timers.get(fragment, (0.0, None))[0] != seconds:
            self._stop_timers([fragment])
            timer = asyncio.create_task(self._run_every(fragment, seconds))
            self._timers[fragment] = (seconds, timer)

    async def _run_every(self, fragment: str, seconds: float) -> None:
        due = time.perf_counter()
        while True:
            due += seconds
            await asyncio.sleep(due - time.perf_counter())
            self._asked.setdefault(fragment, time.perf_counter())
            try:
                await self._send_rerun(fragment, by_itself=True)
            except SessionError:  # whoever reads is told
                return

    def _stop_timers(self, fragments: list[str] | None = None) -> None:
        for fragment in list(self._timers) if fragments is None else fragments:
            self._asked.pop(fragment, None)
            if timer := self._timers.pop(fragment, None):
                timer[1].cancel()


def new_cookie() -> str:
    """That of a visitor who has not been here before."""
    return f"memory_lab_visitor={secrets.token_urlsafe(24)}"


def _answer(request: urllib.request.Request) -> tuple[bytes, SimpleCookie]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=PATIENCE_SECONDS) as response:
        cookies = SimpleCookie("; ".join(response.headers.get_all("Set-Cookie", [])))
        content: bytes = response.read()
    return content, cookies
