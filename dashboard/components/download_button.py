"""A download button whose file is made when it is pressed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import streamlit as st
from streamlit import runtime

MIME = {".zip": "application/zip", ".csv": "text/csv", ".json": "application/json"}
KEPT = 40
"""How many files are kept at once, for all visitors."""

_numbers = count()


def download_button(
    label: str,
    content: Callable[[], bytes],
    name: str,
    key: str,
    place: Any = st,
    **options: Any,
) -> None:
    """Draws the button; ``content`` is called at the press.

    ``options`` are further arguments of Streamlit's button.
    """
    mime = MIME[name[name.rindex(".") :]]

    def made() -> bytes:
        data = content()
        _keep(data, name, mime)
        return data

    place.download_button(label, made, name, mime, key=key, on_click="ignore", **options)


def _keep(data: bytes, name: str, mime: str) -> None:
    """Keeps a file until KEPT others were made.

    With Streamlit 1.67 such a file belongs to no session, and is forgotten at the second end of
    anyone's script, which with many visitors is before the browser has fetched it (measured: 8 of
    12 lost).
    """
    if runtime.exists():
        files = runtime.get_instance().media_file_mgr
        place = f"download {next(_numbers) % KEPT}"
        files.add(data, mime, place, name, is_for_static_download=True)
