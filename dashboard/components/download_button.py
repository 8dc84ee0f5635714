"""A download button whose file is made when it is pressed, on disk, and served from there.

Streamlit 1.67 keeps a download in memory, and forgets it at the second end of anyone's script,
which with many visitors is before the browser has fetched it (measured: 8 of 12 lost). Here it
keeps the name of a file on disk, and ``Downloads`` serves that file.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

MIME = {
    ".zip": "application/zip",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
    ".html": "text/html",
    ".npz": "application/octet-stream",
    ".py": "text/x-python",
}
KEPT, KEPT_BYTES = 40, 500_000_000
"""How many files are kept at once, for all visitors, and of what size; the newest always is."""


@dataclass(frozen=True)
class _File:
    path: Path
    name: str
    mime: str
    size: int


_files: dict[str, _File] = {}
_lock = threading.Lock()


def download_button(
    label: str,
    write: Callable[[Path], object],
    name: str,
    key: str,
    place: Any = st,
    **options: Any,
) -> None:
    """Draws the button; ``write`` is called at the press, with the path of the file to write.

    ``options`` are further arguments of Streamlit's button.
    """
    mime = MIME[name[name.rindex(".") :]]

    def made() -> bytes:
        path = Path(_folder().name, secrets.token_hex())
        try:
            write(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return _keep(_File(path, name, mime, path.stat().st_size))

    place.download_button(label, made, name, mime, key=key, on_click="ignore", **options)


class Downloads:
    """ASGI middleware that serves the files of pressed buttons."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers where the address is that of such a file, and passes any other request on."""
        app = self._app
        if file := _files.get(scope.get("path", "").rpartition("/")[2]):
            app = FileResponse(file.path, filename=file.name, media_type=file.mime)
        await app(scope, receive, send)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="memory_lab_downloads_")


def _keep(file: _File) -> bytes:
    """Keeps a file until it has to make room; returns what Streamlit is to keep in its place."""
    stands_in = file.path.name.encode()
    if runtime.exists():
        streamlit_files = runtime.get_instance().media_file_mgr
        # The address that Streamlit is about to tell the browser.
        url = streamlit_files.add(stands_in, file.mime, "download", file.name, True)
        with _lock:
            _files[url.rpartition("/")[2]] = file
            while len(_files) > KEPT or sum(one.size for one in _files.values()) > KEPT_BYTES:
                if len(_files) == 1:
                    break
                oldest = _files.pop(next(iter(_files)))
                with suppress(OSError):  # Windows: somebody fetches it now
                    oldest.path.unlink()
    return stands_in
