"""What stands on a page, put together from Streamlit's messages as a browser does.

Of the elements only those are kept that say something or can be pressed; charts are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element as ElementProto
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

TEXTS = {
    "alert": "body",
    "button": "label",
    "download_button": "label",
    "exception": "message",
    "file_uploader": "label",
    "heading": "body",
    "markdown": "body",
    "number_input": "label",
    "progress": "text",
}
"""The field that holds what an element says, of each kind that is kept."""


@dataclass(frozen=True)
class Element:
    """An element of the page."""

    kind: str
    """Streamlit's name, such as ``download_button``."""
    text: str
    """What it says, or its label."""
    error: bool = False
    id: str = ""
    fragment: str = ""
    """The fragment that it belongs to; empty for the page itself."""
    disabled: bool = False
    file: str = ""
    """By which its content is asked for, where it is made when a download button is pressed."""
    parameter: str = ""
    """In the address, where it is bound to one."""


@dataclass(frozen=True)
class _Drawn:
    element: Element
    run: str


@dataclass
class _Cached:
    element: Element | None
    fragment: str
    used: int


class Page:
    """The page of one session, with the message cache that a browser has."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, ...], _Drawn] = {}
        self._cache: dict[str, _Cached] = {}
        self._run = ""
        self._runs = 0

    @property
    def cached(self) -> list[str]:
        """Hashes of the messages that need not be sent again."""
        return list(self._cache)

    def begin(self, run: str) -> None:
        """What comes from now on is drawn by this run of the script."""
        self._run = run

    def draw(self, message: ForwardMsg) -> Element | None:
        """Puts what a ``delta`` or ``ref_hash`` message draws into its place, and returns it."""
        element = self._element(message)
        path = tuple(message.metadata.delta_path)
        if element is None:
            self._drawn.pop(path, None)
        else:
            self._drawn[path] = _Drawn(element, self._run)
        return element

    def finish(self, run: str, fragments: list[str], age: int) -> None:
        """A run of the script, or of some fragments, has ended well.

        What it did not draw again goes, and cached messages that ``age`` such runs did not use.
        """
        self._drawn = {
            path: drawn
            for path, drawn in self._drawn.items()
            if drawn.run == run or (fragments and drawn.element.fragment not in fragments)
        }
        self._runs += 1
        self._cache = {
            key: cached
            for key, cached in self._cache.items()
            if (fragments and cached.fragment not in fragments) or self._runs - cached.used <= age
        }

    def find(self, kind: str, label: str) -> Element | None:
        """The first element of this kind with this label."""
        return next((one for one in self._of(kind) if one.text == label), None)

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first element whose text has the pattern."""
        found = (pattern.search(drawn.element.text) for drawn in self._drawn.values())
        return next(filter(None, found), None)

    def alerts(self) -> list[str]:
        """What the page warns of or informs about."""
        return [one.text for one in self._of("alert")]

    def _of(self, kind: str) -> list[Element]:
        return [one.element for one in self._drawn.values() if one.element.kind == kind]

    def _element(self, message: ForwardMsg) -> Element | None:
        if message.WhichOneof("type") == "ref_hash":
            cached = self._cache[message.ref_hash]
            cached.used = self._runs
            return cached.element
        element = _element(message.delta)
        if message.metadata.cacheable:
            fragment = message.delta.fragment_id
            self._cache[message.hash] = _Cached(element, fragment, self._runs)
        return element


def _element(delta: Delta) -> Element | None:
    if delta.WhichOneof("type") != "new_element":
        return None
    kind = delta.new_element.WhichOneof("type") or "empty"
    if kind not in TEXTS:
        return None
    proto = getattr(delta.new_element, kind)
    return Element(
        kind=kind,
        text=getattr(proto, TEXTS[kind]),
        error=_is_error(delta.new_element),
        id=getattr(proto, "id", ""),
        fragment=delta.fragment_id,
        disabled=getattr(proto, "disabled", False),
        file=getattr(proto, "deferred_file_id", ""),
        parameter=getattr(proto, "query_param_key", ""),
    )


def _is_error(element: ElementProto) -> bool:
    kind = element.WhichOneof("type")
    if kind == "exception":
        return not element.exception.is_warning
    return kind == "alert" and element.alert.format == Alert.ERROR
