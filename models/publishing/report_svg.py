"""The SVG of a figure inside an HTML page: names of its own, points that tell their numbers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
CELL = re.compile(r"cell/([^/]+)/")


def inline_svg(svg: bytes, unique: str, title: str, hover: Mapping[str, Sequence[str]]) -> str:
    """The ``svg`` that matplotlib wrote, as an element of a page.

    Its ids begin with ``unique``, groups of a cell have it in ``data-cell``, and the points of the
    groups in ``hover`` a title each.
    """
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", LINK[1:].partition("}")[0])
    root = ElementTree.fromstring(svg)
    for metadata in root.findall(f"{SVG}metadata"):
        root.remove(metadata)
    root.attrib.pop("height"), root.attrib.pop("width")
    root.set("role", "img")
    root.set("aria-label", title)
    prefix = _plain(unique)
    for element in root.iter():
        if texts := hover.get(element.get("id", "")):
            _tell(element, texts)
        if found := CELL.match(element.get("id", "")):
            element.set("data-cell", found[1])
        _rename(element, prefix)
    return ElementTree.tostring(root, encoding="unicode")


def _tell(group: ElementTree.Element, texts: Sequence[str]) -> None:
    for point, text in zip(list(group.iter(f"{SVG}use")), texts, strict=False):
        point.set("class", "point")
        ElementTree.SubElement(point, f"{SVG}title").text = text


def _rename(element: ElementTree.Element, prefix: str) -> None:
    if "id" in element.attrib:
        element.set("id", f"{prefix}-{_plain(element.get('id', ''))}")
    for name, value in element.attrib.items():
        if name == LINK and value.startswith("#"):
            element.set(name, f"#{prefix}-{value[1:]}")
        elif "url(#" in value:
            element.set(name, value.replace("url(#", f"url(#{prefix}-"))


def _plain(text: str) -> str:
    """The text with nothing but letters, digits and hyphens."""
    return re.sub(r"\W", "-", text)
