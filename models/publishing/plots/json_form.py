"""Reads what Plotly's JSON form says: texts with tags, lists of numbers, colours."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Json = Mapping[str, Any]
"""An object of the JSON form: a trace, an axis, a layout."""

_TAG = re.compile(r"<[^>]*>")
_SCRIPT = re.compile(r"<(sub|sup)>(.*?)</\1>")
_COLOR = re.compile(r"rgba?\(([^)]*)\)")
_OWN_COLOR = re.compile(r'\s*<span style="color:\s*([^";]+)[^>]*>[^<]*</span>\s*')
_SMALL = {
    "sub": str.maketrans("0123456789+−-tnhlkmaeiorux", "₀₁₂₃₄₅₆₇₈₉₊₋₋ₜₙₕₗₖₘₐₑᵢₒᵣᵤₓ"),
    "sup": str.maketrans("0123456789+−-.n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻·ⁿ"),
}
_SIGNS = {"sub": "_", "sup": "^"}


def plain(text: str | None) -> str:
    """A text without tags: lines end where they did, raised and lowered signs stay so."""
    text = _SCRIPT.sub(_script, (text or "").replace("<br>", "\n"))
    return html.unescape(_TAG.sub("", text))


def own_color(text: str) -> str | None:
    """The colour that a text as a whole has of its own, if any."""
    found = _OWN_COLOR.fullmatch(text)
    return found[1] if found else None


def is_bold(text: str) -> bool:
    """Whether a text begins in bold."""
    return text.lstrip().startswith("<b>")


def _script(found: re.Match[str]) -> str:
    """A lowered or raised text in signs of its own, or after _ or ^ where there are none."""
    kind, text = found[1], _TAG.sub("", found[2])
    known = all(ord(sign) in _SMALL[kind] for sign in text)
    return text.translate(_SMALL[kind]) if known else _SIGNS[kind] + text


def listed(values: Any) -> list[Any]:
    """Values as a list; Plotly packs arrays of numbers."""
    if values is None:
        return []
    if isinstance(values, Mapping):
        packed = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        shape = [int(size) for size in str(values.get("shape", len(packed))).split(",")]
        found: list[Any] = packed.reshape(shape).tolist()
        return found
    return list(values)


def floats(values: Sequence[Any]) -> np.ndarray:
    """Numbers with NaN for gaps."""
    return np.array([np.nan if value is None else value for value in values], float)


def each(value: Any, count: int) -> list[Any]:
    """One value for each of so many points, of a list or of one for all."""
    if isinstance(value, list | tuple | Mapping):
        return listed(value)
    return [value] * count


def color(text: str | None) -> Any:
    """A colour in matplotlib's terms; None is none."""
    if text is None:
        return None
    if not (found := _COLOR.fullmatch(text)):
        return text
    red, green, blue, *opacity = (float(part) for part in found[1].split(","))
    return red / 255, green / 255, blue / 255, *(opacity or [1.0])


def axis_name(reference: str | None, letter: str) -> str:
    """The layout's name for the axis of a reference: "x2" is ``xaxis2``."""
    return f"{letter}axis{(reference or letter)[1:].partition(' ')[0]}"
