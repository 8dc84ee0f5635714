"""Labels and shapes of a plot, placed as Plotly's JSON form has them."""

from __future__ import annotations

from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory, offset_copy

from models.publishing.plots.axes import Panel
from models.publishing.plots.json_form import Json, color, is_bold, plain

GROUND = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.2}
"""Behind a label, which may stand on a line or a point."""


def draw_note(panel: Panel, note: Json) -> None:
    """Draws a label; nothing where its text is empty."""
    text = note.get("text") or ""
    if not plain(text).strip():
        return
    x, y, transform = _at(panel, note, "x", "y", logarithms=True)
    shift = note.get("xshift", 0) * panel.text, note.get("yshift", 0) * panel.text
    ground = None if "rgba(0,0,0,0)" in note.get("bgcolor", "") else GROUND
    panel.paper.text(
        x,
        y,
        plain(text),
        transform=offset_copy(transform, panel.figure, *shift, units="points"),
        ha=_across(note),
        va=_up(note),
        fontsize=max(6.0, (note.get("font") or {}).get("size", 12) * panel.text),
        fontweight="bold" if is_bold(text) else "normal",
        linespacing=1.15,
        bbox=ground,
    )


def draw_shape(panel: Panel, shape: Json) -> None:
    """Draws a line or a rectangle."""
    x0, y0, transform = _at(panel, shape, "x0", "y0")
    x1, y1, _ = _at(panel, shape, "x1", "y1")
    line = shape.get("line") or {}
    how: dict[str, Any] = {
        "transform": transform,
        "linewidth": line.get("width", 2) * panel.mark,
        "alpha": shape.get("opacity"),
    }
    edge = color(line.get("color", "black"))
    if shape.get("type") == "line":
        dashes: Any = (0, (3, 2)) if line.get("dash") else "-"
        panel.paper.add_line(Line2D([x0, x1], [y0, y1], color=edge, linestyle=dashes, **how))
    else:
        inside = color(shape.get("fillcolor")) or "none"
        box = Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=inside, edgecolor=edge, **how)
        panel.paper.add_patch(box)


def _at(
    panel: Panel, described: Json, x: str, y: str, *, logarithms: bool = False
) -> tuple[Any, Any, Transform]:
    """The place and what it is measured in; labels have ``logarithms`` along log axes."""
    references = {letter: str(described.get(f"{letter}ref", letter)) for letter in "xy"}
    own = {
        letter: None if (found := reference.partition(" ")[0]) == "paper" else found
        for letter, reference in references.items()
    }
    axes = panel.axes(*_known(panel, own["x"], own["y"]))
    places, transforms = [], []
    for letter, name in (("x", x), ("y", y)):
        value = described[name]
        if references[letter] == "paper":
            transforms.append(panel.paper.transAxes)
        elif references[letter].endswith("domain"):
            transforms.append(axes.transAxes)
        else:
            logarithmic = getattr(axes, f"get_{letter}scale")() == "log"
            value = 10**value if logarithmic and logarithms else value
            transforms.append(axes.transData)
        places.append(value)
    return places[0], places[1], blended_transform_factory(*transforms)


def _known(panel: Panel, x: str | None, y: str | None) -> tuple[str | None, str | None]:
    """References of axes that are drawn: where one is missing, that of any with the other."""
    for one, other in panel.pairs:
        known = one.replace("axis", ""), other.replace("axis", "")
        if x in (None, known[0]) and y in (None, known[1]):
            return known
    return x, y


def _across(note: Json) -> str:
    anchor = note.get("xanchor", "auto")
    if anchor != "auto":
        return str(anchor)
    if not str(note.get("xref", "x")).startswith("paper"):
        return "center"
    return "left" if note["x"] < 1 / 3 else "right" if note["x"] > 2 / 3 else "center"


def _up(note: Json) -> str:
    anchor = note.get("yanchor", "auto")
    if anchor == "auto" and str(note.get("yref", "y")).startswith("paper"):
        anchor = "bottom" if note["y"] < 1 / 3 else "top" if note["y"] > 2 / 3 else "middle"
    return {"auto": "center", "middle": "center"}.get(anchor, str(anchor))
