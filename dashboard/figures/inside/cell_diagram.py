"""One unit of a cell at one step: the thicker a path, the more goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from dashboard.figures.inside.gate_style import Anatomy, color
from dashboard.figures.layout import GREY, TRANSPARENT, Trace, new_figure

HEIGHT = 300
THIN, THICK = 1.0, 15.0
"""Width, pixels, of a path that is shut and of one that is open."""
NODE = 24
CLEAR = 16
"""Pixels between the middle of a sign and the words beside it."""

Place = tuple[float, float]
BEFORE, KEEP, ADD, AFTER = (0.0, 3.0), (2.6, 3.0), (5.2, 3.0), (10.0, 3.0)
CANDIDATE, WRITE = (5.2, 0.3), (5.2, 1.7)
TURN, SQUASH, SHOW, OUT = (7.8, 3.0), (7.8, 2.1), (7.8, 1.2), (10.0, 1.2)
OLD, RESET, INPUT = (0.0, 0.3), (2.6, 0.3), (5.2, -1.0)


@dataclass(frozen=True)
class Path:
    """A line through these places; ``value`` from 0 to 1 is its thickness."""

    name: str
    places: Sequence[Place]
    value: float
    color: str = GREY

    @property
    def width(self) -> float:
        return THIN + (THICK - THIN) * min(max(abs(self.value), 0.0), 1.0)


def cell_diagram(parts: Anatomy, now: Mapping[str, float], before: float) -> go.Figure:
    """``now``: the unit's gates and states at this step by name; ``before``: its memory's last.

    From left to right the memory goes on, through the gate that keeps; from below the candidate
    comes in, through the gate that writes; to the right the state is read, through the gate that
    shows. A cell without such a gate has an open path, or, without a gate that keeps, none.
    """
    figure = new_figure(
        f"diagram/{parts.gates}",
        height=HEIGHT,
        xaxis={"range": [-1.1, 11.1], "visible": False, "fixedrange": True},
        yaxis={"range": [-1.5, 3.9], "visible": False, "fixedrange": True},
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    drawn = paths(parts, now)
    figure.update_layout(shapes=[line for path in drawn for line in _lines(path)])
    heads = [_head(path) for path in drawn]
    figure.add_traces([*heads, _signs(parts)])
    figure.update_layout(annotations=_words(parts, now, before))
    return figure


def paths(parts: Anatomy, now: Mapping[str, float]) -> list[Path]:
    """What is drawn as thick as it is open."""
    found = [
        Path("input", (INPUT, CANDIDATE), 0.3),
        Path("after", (ADD, AFTER), 0.3),
    ]
    if parts.keep:
        found.append(Path("keep", (BEFORE, ADD), now[parts.keep], color(parts.keep)))
    gate = parts.write or parts.keep
    writes = 1.0 if gate is None else now[gate] if parts.write else 1 - now[gate]
    found.append(Path("write", (CANDIDATE, ADD), writes, color(gate or parts.candidate)))
    others = _others(parts)
    value, shade = (now[others[0]], color(others[0])) if others else (0.3, GREY)
    found.append(Path("recurrent", (OLD, CANDIDATE), value, shade))
    if parts.show:
        found.append(Path("show", (TURN, SHOW, OUT), now[parts.show], color(parts.show)))
    return found


def _others(parts: Anatomy) -> list[str]:
    """Gates on the way from the old state to the candidate."""
    known = {parts.keep, parts.write, parts.show, parts.candidate}
    return [gate for gate in parts.gates if gate not in known][:1]


def _lines(path: Path) -> list[Trace]:
    pairs = zip(path.places, path.places[1:], strict=False)
    return [
        {
            "type": "line",
            "layer": "below",
            "x0": x0,
            "y0": y0,
            "x1": x1,
            "y1": y1,
            "line": {"color": path.color, "width": round(path.width, 1)},
            "opacity": 0.75,
        }
        for (x0, y0), (x1, y1) in pairs
    ]


def _head(path: Path) -> Trace:
    """The arrow at the end; where the path ends in a sign, the sign stands on it."""
    (x0, y0), (x1, y1) = path.places[-2:]
    direction = "right" if x1 > x0 else "up" if y1 > y0 else "down"
    return {
        "type": "scatter",
        "uid": f"head/{path.name}",
        "x": [x1],
        "y": [y1],
        "mode": "markers",
        "marker": {
            "symbol": f"triangle-{direction}",
            "size": 9 + path.width,
            "color": path.color,
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _signs(parts: Anatomy) -> Trace:
    """× where a gate multiplies, + where the memory is written to, tanh where it is squashed."""
    signs = [(CANDIDATE, parts.candidate, color(parts.candidate))]
    if parts.keep:
        signs += [(KEEP, "×", color(parts.keep)), (ADD, "+", GREY)]
        signs.append((WRITE, "×", color(parts.write or parts.keep)))
    if parts.show:
        signs += [(SQUASH, "tanh", GREY), (SHOW, "×", color(parts.show))]
    signs += [(RESET, "×", color(other)) for other in _others(parts)]
    return {
        "type": "scatter",
        "uid": "signs",
        "x": [x for (x, _), _, _ in signs],
        "y": [y for (_, y), _, _ in signs],
        "mode": "markers+text",
        "text": [text for _, text, _ in signs],
        "textfont": {"color": "white", "size": 12},
        "marker": {
            "size": [NODE + 10 * (text == "tanh") for _, text, _ in signs],
            "color": [own for _, _, own in signs],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _words(parts: Anatomy, now: Mapping[str, float], before: float) -> list[Trace]:
    """What goes in and out, and how far each gate is open."""
    memory, candidate = parts.memory, parts.candidate
    words = [
        _word(AFTER, "above", f"{memory}<sub>t</sub> = {_two(now[memory])}"),
        _word(INPUT, "right", "x<sub>t</sub>"),
        _word(OLD, "above", "h<sub>t−1</sub>"),
    ]
    if candidate != memory:
        words.append(_word(CANDIDATE, "right", f"{candidate} = {_two(now[candidate])}"))
    if parts.keep:
        words.append(_word(BEFORE, "above", f"{memory}<sub>t−1</sub> = {_two(before)}"))
        words.append(_word(KEEP, "above", f"{parts.keep} = {_two(now[parts.keep])}"))
        if parts.write:
            text = f"{parts.write} = {_two(now[parts.write])}"
        else:
            text = f"1 − {parts.keep} = {_two(1 - now[parts.keep])}"
        words.append(_word(WRITE, "left", text))
    if parts.show:
        words.append(_word(SHOW, "below", f"{parts.show} = {_two(now[parts.show])}"))
        words.append(_word(OUT, "above", f"h<sub>t</sub> = {_two(now['h'])}"))
    return words + [_word(RESET, "below", f"{one} = {_two(now[one])}") for one in _others(parts)]


def _word(place: Place, side: Literal["above", "below", "left", "right"], text: str) -> Trace:
    """An annotation on this side of a place, clear of the sign that stands there."""
    shifts: dict[str, Trace] = {
        "above": {"yanchor": "bottom", "yshift": CLEAR},
        "below": {"yanchor": "top", "yshift": -CLEAR},
        "left": {"xanchor": "right", "xshift": -CLEAR},
        "right": {"xanchor": "left", "xshift": CLEAR},
    }
    return {
        "x": place[0],
        "y": place[1],
        "text": text,
        "showarrow": False,
        "bgcolor": TRANSPARENT,
        **shifts[side],
    }


def _two(value: float) -> str:
    """Two digits; what rounds to 0 has no sign."""
    return f"{round(value, 2) + 0.0:.2f}"
