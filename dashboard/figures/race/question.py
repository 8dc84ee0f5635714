"""Why did this cell fail at this length? The question at points of a plot, and in the address."""

from __future__ import annotations

from collections.abc import Collection

from dashboard.figures.layout import Trace

Question = tuple[str, int]
"""The spec of a cell that failed, and the sequence length at which."""
HINT = "<br>press for why"


def as_text(cell: str, length: int) -> str:
    """The question why this cell failed at this length, as in "lstm:bias=0,100"."""
    return f"{cell},{length}"


def from_text(text: str) -> Question | None:
    """The cell spec and the length of a question; None where the text is none."""
    cell, _, length = text.rpartition(",")
    return (cell, int(length)) if length.isdecimal() and len(length) < 10 else None


def pressable(trace: Trace, failed: Collection[Question]) -> Trace:
    """The trace of a cell with points that ask the question where they are pressed.

    They are those whose length, the first of their ``customdata``, is one at which the cell failed.
    Each says so when pointed at, in its hover text or as the last of its ``customdata``.
    """
    cell, points = trace["legendgroup"], trace["customdata"]
    questions = {length: as_text(cell, length) for one, length in failed if one == cell}
    hints = [HINT if length in questions else "" for length, *_ in points]
    asked = {"meta": {"pressed": {str(length): text for length, text in questions.items()}}}
    if "hovertext" in trace:
        texts = zip(trace["hovertext"], hints, strict=True)
        return {**trace, **asked, "hovertext": [text + hint for text, hint in texts]}
    last = f"%{{customdata[{max(map(len, points), default=0)}]}}"
    template = trace["hovertemplate"].replace("<extra>", f"{last}<extra>")
    hinted = [[*point, hint] for point, hint in zip(points, hints, strict=True)]
    return {**trace, **asked, "customdata": hinted, "hovertemplate": template}
