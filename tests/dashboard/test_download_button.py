"""Files of pressed buttons: on disk, and no more of them than may be."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboard.components import download_button as module
from dashboard.components.download_button import Downloads, download_button

Made = Callable[[], bytes]


class Streamlit:
    """Its button and its files, as far as they concern a download."""

    def __init__(self) -> None:
        self.stored: list[bytes] = []
        self.made: Made | None = None

    def download_button(self, _: str, made: Made, *__: Any, **___: Any) -> None:
        self.made = made

    def add(self, data: bytes, *_: Any) -> str:
        self.stored.append(data)
        return f"/media/{hashlib.md5(data).hexdigest()}.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files lie; other folders of the test have other files."""
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


@pytest.fixture
def streamlit(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Streamlit:
    fake = Streamlit()
    running = SimpleNamespace(
        exists=lambda: True, get_instance=lambda: SimpleNamespace(media_file_mgr=fake)
    )
    monkeypatch.setattr(module, "runtime", running)
    monkeypatch.setattr(module, "_folder", lambda: SimpleNamespace(name=str(folder)))
    monkeypatch.setattr(module, "_files", {})
    return fake


def _run(answer: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: Playwright leaves a loop running in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer).result()


async def nothing_else(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"Streamlit's own"})


def fetch(address: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # the browser stays
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": address, "headers": []}
    _run(Downloads(nothing_else)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(one["body"] for one in sent[1:])


def press(streamlit: Streamlit, content: bytes) -> str:
    """The address that the browser is told."""
    download_button(
        "Table", lambda path: path.write_bytes(content), "a table.csv", "key", streamlit
    )
    assert streamlit.made
    stands_in = streamlit.made()
    return Streamlit().add(stands_in)


def test_a_file_is_served_from_disk_and_streamlit_keeps_but_a_name(
    streamlit: Streamlit, folder: Path
) -> None:
    content = b"a,b\n" * 10**6
    address = press(streamlit, content)
    assert [len(one) for one in streamlit.stored] == [64]
    status, headers, body = fetch(f"/some/base{address}")
    assert (status, body) == (200, content)
    assert headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"] == "attachment; filename*=utf-8''a%20table.csv"
    assert fetch("/media/another.csv") == (404, {}, b"Streamlit's own")
    assert len(list(folder.iterdir())) == 1


def test_older_files_make_room(
    streamlit: Streamlit, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    addresses = [press(streamlit, bytes(10)) for _ in range(5)]
    assert [fetch(address)[0] for address in addresses] == [404, 404, 200, 200, 200]
    monkeypatch.setattr(module, "KEPT_BYTES", 25)
    press(streamlit, bytes(10))
    assert len(list(folder.iterdir())) == 2
    large = press(streamlit, bytes(100))  # the newest is kept, whatever its size
    assert fetch(large)[2] == bytes(100)
    assert len(list(folder.iterdir())) == 1


def test_what_could_not_be_written_leaves_nothing(streamlit: Streamlit, folder: Path) -> None:
    def half(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    download_button("Table", half, "table.csv", "key", streamlit)
    assert streamlit.made
    with pytest.raises(OSError, match="full"):
        streamlit.made()
    assert not list(folder.iterdir())


def test_what_is_no_request_is_passed_on() -> None:
    seen: list[str] = []

    async def streamlits(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope["type"])

    _run(Downloads(streamlits)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
