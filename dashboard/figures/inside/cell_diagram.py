"""A diagram of one unit of a cell at one step: the thicker a path, the more goes through.

It has slots, such as {f} for the forget gate, for the numbers of any unit and step, which
``gate_player.js`` fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from dashboard.figures.inside.gate_style import GateRoles, color
from dashboard.figures.layout import GREY, TRANSPARENT, Trace, new_figure

HEIGHT = 300
THIN, THICK = 1.0, 15.0
"""Width, pixels, of a path that is shut and of one that is open."""
NODE = 24
"""Diameter of a sign, pixels."""
CLEAR = 16
"""Pixels between the middle of a sign and the label beside it."""

Place = tuple[float, float]
"""Coordinates in the diagram."""
BEFORE, KEEP, ADD, AFTER = (0.0, 3.0), (2.6, 3.0), (5.2, 3.0), (10.0, 3.0)
CANDIDATE, WRITE = (5.2, 0.3), (5.2, 1.7)
TURN, SQUASH, SHOW, OUT = (7.8, 3.0), (7.8, 2.1), (7.8, 1.2), (10.0, 1.2)
OLD, RESET, INPUT = (0.0, 0.3), (2.6, 0.3), (5.2, -1.0)


@dataclass(frozen=True)
class Path:
    """A line through ``places``, as thick as the value in its slot is large, from 0 to 1."""

    name: str
    places: Sequence[Place]
    slot: str = ""
    """The gate, or 1- and the gate; empty where the line is always as thick as ``value``."""
    color: str = GREY
    value: float = 0.3

    @property
    def width(self) -> float:
        """Width of the line before its slot is filled, pixels."""
        return THIN + (THICK - THIN) * self.value


def cell_diagram(roles: GateRoles) -> go.Figure:
    """The diagram of a unit at a step, whose numbers are to be filled in.

    From left to right the memory goes on, through the gate that keeps; from below the candidate
    comes in, through the gate that writes; to the right the state is read, through the gate that
    shows. A cell without such a gate has an open path, or, without a gate that keeps, none.
    """
    figure = new_figure(
        f"diagram/{roles.gates}",
        height=HEIGHT,
        xaxis={"range": [-1.1, 11.1], "visible": False, "fixedrange": True},
        yaxis={"range": [-1.5, 3.9], "visible": False, "fixedrange": True},
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4})
    drawn = paths(roles)
    labels = _labels(roles)
    shown = ", ".join(str(label["name"]) for label in labels if "{" in label["name"])
    figure.update_layout(
        meta={
            "follows": "cell",
            "thin": THIN,
            "thick": THICK,
            "words": f"Unit {{unit}} at t = {{t}}: {shown}.",
        }
    )
    figure.update_layout(shapes=[line for path in drawn for line in _lines(path)])
    heads = [_head(path) for path in drawn]
    figure.add_traces([*heads, _signs(roles)])
    figure.update_layout(annotations=labels)
    return figure


def paths(roles: GateRoles) -> list[Path]:
    """The lines of the diagram, each as thick as its gate is open."""
    found = [
        Path("input", (INPUT, CANDIDATE)),
        Path("after", (ADD, AFTER)),
    ]
    if roles.keep:
        found.append(Path("keep", (BEFORE, ADD), roles.keep, color(roles.keep)))
    gate = roles.write or roles.keep
    writes = "" if gate is None else gate if roles.write else f"1-{gate}"
    shade = color(gate or roles.candidate)
    found.append(Path("write", (CANDIDATE, ADD), writes, shade, value=1.0))
    others = _others(roles)
    slot, shade = (others[0], color(others[0])) if others else ("", GREY)
    found.append(Path("recurrent", (OLD, CANDIDATE), slot, shade))
    if roles.show:
        found.append(Path("show", (TURN, SHOW, OUT), roles.show, color(roles.show)))
    return found


def _others(roles: GateRoles) -> list[str]:
    """At most one gate: the one between the old state and the candidate (the GRU's reset gate)."""
    known = {roles.keep, roles.write, roles.show, roles.candidate}
    return [gate for gate in roles.gates if gate not in known][:1]


def _lines(path: Path) -> list[Trace]:
    pairs = zip(path.places, path.places[1:], strict=False)
    return [
        {
            "type": "line",
            "name": f"open {path.slot}" if path.slot else "",
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
    """The arrow at the end of a path, hidden where the path ends in a sign."""
    (x0, y0), (x1, y1) = path.places[-2:]
    direction = "right" if x1 > x0 else "up" if y1 > y0 else "down"
    return {
        "type": "scatter",
        "uid": f"head/{path.name}",
        "meta": {"open": path.slot},
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


def _signs(roles: GateRoles) -> Trace:
    """The signs of the diagram.

    They are × where a gate multiplies, + where the memory is written to, tanh where it is squashed.
    """
    signs = [(CANDIDATE, roles.candidate, color(roles.candidate))]
    if roles.keep:
        signs += [(KEEP, "×", color(roles.keep)), (ADD, "+", GREY)]
        signs.append((WRITE, "×", color(roles.write or roles.keep)))
    if roles.show:
        signs += [(SQUASH, "tanh", GREY), (SHOW, "×", color(roles.show))]
    signs += [(RESET, "×", color(other)) for other in _others(roles)]
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


def _labels(roles: GateRoles) -> list[Trace]:
    """Labels that say what goes in and out, and how far each gate is open."""
    memory, candidate = roles.memory, roles.candidate
    labels = [
        _label(AFTER, "above", f"{memory}<sub>t</sub> = {{{memory}}}"),
        _label(INPUT, "right", "x<sub>t</sub>"),
        _label(OLD, "above", "h<sub>t−1</sub>"),
    ]
    if candidate != memory:
        labels.append(_label(CANDIDATE, "right", f"{candidate} = {{{candidate}}}"))
    if roles.keep:
        labels.append(_label(BEFORE, "above", f"{memory}<sub>t−1</sub> = {{{memory}-}}"))
        labels.append(_label(KEEP, "above", f"{roles.keep} = {{{roles.keep}}}"))
        if roles.write:
            text = f"{roles.write} = {{{roles.write}}}"
        else:
            text = f"1 − {roles.keep} = {{1-{roles.keep}}}"
        labels.append(_label(WRITE, "left", text))
    if roles.show:
        labels.append(_label(SHOW, "below", f"{roles.show} = {{{roles.show}}}"))
        labels.append(_label(OUT, "above", "h<sub>t</sub> = {h}"))
    return labels + [_label(RESET, "below", f"{one} = {{{one}}}") for one in _others(roles)]


def _label(place: Place, side: Literal["above", "below", "left", "right"], text: str) -> Trace:
    """A label on this side of a place, clear of the sign that stands there.

    Its name is what is written once the slots are filled.
    """
    shifts: dict[str, Trace] = {
        "above": {"yanchor": "bottom", "yshift": CLEAR},
        "below": {"yanchor": "top", "yshift": -CLEAR},
        "left": {"xanchor": "right", "xshift": -CLEAR},
        "right": {"xanchor": "left", "xshift": CLEAR},
    }
    return {
        "x": place[0],
        "y": place[1],
        "name": text,
        "text": " ",
        "showarrow": False,
        "bgcolor": TRANSPARENT,
        **shifts[side],
    }
