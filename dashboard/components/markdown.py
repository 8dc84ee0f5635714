"""Escapes texts of unknown origin in the pages' Markdown."""

from __future__ import annotations

import re

MOST = 200
"""Most characters that are shown."""
SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
"""All ASCII punctuation, each of which CommonMark lets a backslash escape."""
WORD_JOINER = "\u2060"
LINKED = re.compile(r"(?i)(?<=://)|(?<=www)(?=\.)|(?<=@)")
"""The places at which a text becomes a link by itself, even with all punctuation escaped."""
NAMED = re.compile(r":(?=[-+\w/]+:)")
"""The place at which ``:name:`` becomes an emoji or icon, even with all punctuation escaped."""


def escape_markdown(text: str, most: int = MOST) -> str:
    """Markdown that shows this text as it is, in one line: no link, no image, no emphasis.

    Cut after ``most`` characters. An invisible word joiner breaks what looks like a link or an
    emoji.
    """
    start = text[:most] + ("…" if len(text) > most else "")
    printable = "".join(one if one.isprintable() else " " for one in start)
    broken = NAMED.sub(f":{WORD_JOINER}", LINKED.sub(WORD_JOINER, " ".join(printable.split())))
    return SIGNS.sub(r"\\\1", broken)
