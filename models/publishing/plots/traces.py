"""The traces of a plot: lines, marks, bars and maps as Plotly's JSON form has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from models.publishing.figures.place import DASHES, MARKERS
from models.publishing.plots.axes import Panel, set_ticks
from models.publishing.plots.json_form import (
    Json,
    axis_name,
    color,
    each,
    floats,
    is_bold,
    listed,
    own_color,
    plain,
)

MARKS = {
    **MARKERS,
    "x": "x",
    "line-ew": "_",
}
OPEN = "-open"
"""Ends the name of a symbol that is hollow."""
LENGTH_OF_LINE = 1.4
"""How long Plotly draws the symbol of a level line, as a multiple of its size."""
MOST_VECTORS = 3000
"""Fields of a map that are drawn one by one; a map with more is a picture in the file."""


def draw_trace(panel: Panel, trace: Json, order: float) -> Any:
    """Draws a trace above those of lower ``order``; returns what stands for it in the legend."""
    axes = panel.axes(trace.get("xaxis"), trace.get("yaxis"))
    match trace.get("type", "scatter"):
        case "scatter":
            return _scatter(panel, axes, trace, order)
        case "bar":
            return _bar(panel, axes, trace, order)
        case "heatmap":
            return _heat_map(panel, axes, trace, order)
        case other:
            raise ValueError(f"a trace of the type {other} is not drawn for print")


def _scatter(panel: Panel, axes: Axes, trace: Json, order: float) -> Any:
    x = floats(panel.numbers(listed(trace.get("x")), axis_name(trace.get("xaxis"), "x")))
    y = floats(panel.numbers(listed(trace.get("y")), axis_name(trace.get("yaxis"), "y")))
    count = min(len(x), len(y))
    x, y = x[:count], y[:count]
    mode, opacity = trace.get("mode", "lines"), trace.get("opacity", 1.0)
    how = {"zorder": order, "clip_on": trace.get("cliponaxis", True)}
    shade = _shade(trace)
    if trace.get("fill") == "toself":
        axes.fill(x, y, color=color(trace["fillcolor"]), linewidth=0, zorder=order)
    line = trace.get("line") or {}
    width = line.get("width", 2) * panel.mark
    entry = {"color": shade, "linestyle": "none", **_opacity(opacity)}
    if "lines" in mode and width:
        entry |= {"linestyle": DASHES[line.get("dash", "solid")], "linewidth": width}
        axes.plot(x, y, **entry, **how)
    for name in ("error_x", "error_y"):
        if trace.get(name):
            _errors(panel, axes, (x, y), trace[name], name, shade, how)
    if "markers" in mode:
        entry |= _marks(panel, axes, (x, y), trace, how)
    if "text" in mode:
        _texts(panel, axes, (x, y), trace, how)
    return Line2D([], [], **entry)


def _opacity(share: float) -> dict[str, float]:
    """An opacity for matplotlib, where it takes the place of that of the colour."""
    return {} if share == 1 else {"alpha": share}


def _shade(trace: Json) -> Any:
    for part in ("line", "marker"):
        shade = (trace.get(part) or {}).get("color")
        if isinstance(shade, str):
            return color(shade)
    return "black"


def _errors(
    panel: Panel,
    axes: Axes,
    points: tuple[np.ndarray, np.ndarray],
    error: Json,
    name: str,
    shade: Any,
    how: dict[str, Any],
) -> None:
    above = np.abs(floats(listed(error["array"])))
    below = np.abs(floats(listed(error.get("arrayminus", error["array"]))))
    count = min(len(above), len(points[0]))
    whiskers: dict[str, Any] = {f"{name[-1]}err": [below[:count], above[:count]]}
    axes.errorbar(
        points[0][:count],
        points[1][:count],
        **whiskers,
        fmt="none",
        ecolor=color(error.get("color")) or shade,
        elinewidth=error.get("thickness", 2) * panel.mark,
        capsize=error.get("width", 4) * panel.mark,
        zorder=how["zorder"],
    )


def _marks(
    panel: Panel,
    axes: Axes,
    points: tuple[np.ndarray, np.ndarray],
    trace: Json,
    how: dict[str, Any],
) -> dict[str, Any]:
    """Draws the marks, those that look the same at once; returns how the first of them look."""
    marker, count = trace.get("marker") or {}, len(points[0])
    line = marker.get("line") or {}
    looks = list(
        zip(
            each(marker.get("symbol", "circle"), count),
            each(marker.get("color"), count),
            each(marker.get("size", 6), count),
            each(marker.get("opacity", 1.0), count),
            each(line.get("color"), count),
            each(line.get("width", 0), count),
            strict=False,
        )
    )
    first: dict[str, Any] = {}
    for look in dict.fromkeys(looks):
        chosen = np.array([other == look for other in looks])
        x, y = points[0][: len(chosen)][chosen], points[1][: len(chosen)][chosen]
        drawn = _look(panel, trace, *look)
        axes.plot(x, y, **{"linestyle": "none", **drawn, **how})
        first = first or drawn
    return first


def _look(
    panel: Panel,
    trace: Json,
    symbol: str,
    shade: str | None,
    size: float,
    opacity: float,
    edge: str | None,
    width: float,
) -> dict[str, Any]:
    opaque = opacity * trace.get("opacity", 1.0)
    name = symbol.removesuffix(OPEN)
    if name == "line-ew":  # a box around a text
        length, height = size * LENGTH_OF_LINE * panel.text, width * panel.text
        box = {"markersize": length, "markeredgewidth": 0.9 * height}
        return {"marker": "_", "color": color(edge), **box}
    inside = color(shade) or _shade(trace)
    if symbol.endswith(OPEN):
        look = {"markerfacecolor": "none", "markeredgecolor": inside}
        look |= {"markeredgewidth": max(width, 1.5) * panel.mark}
    elif name == "x":
        look = {"markeredgecolor": inside, "markeredgewidth": 2.5 * panel.mark}
    else:
        look = {"markerfacecolor": inside, "markeredgewidth": width * panel.mark}
        look |= {"markeredgecolor": color(edge) or inside}
    return {"marker": MARKS[name], "markersize": size * panel.mark, **_opacity(opaque), **look}


def _texts(
    panel: Panel,
    axes: Axes,
    points: tuple[np.ndarray, np.ndarray],
    trace: Json,
    how: dict[str, Any],
) -> None:
    count = len(points[0])
    font = trace.get("textfont") or {}
    sides_of = each(trace.get("textposition", "middle center"), count)
    shift = {"left": -1, "center": 0, "right": 1, "top": 1, "middle": 0, "bottom": -1}
    sides = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    shades = each(font.get("color"), count)
    texts = each(trace["text"], count)
    for x, y, text, shade, side in zip(*points, texts, shades, sides_of, strict=False):
        up, across = side.split(" ")
        if text and np.isfinite([x, y]).all():
            axes.annotate(
                plain(text),
                (x, y),
                xytext=(3 * panel.mark * shift[across], 3 * panel.mark * shift[up]),
                textcoords="offset points",
                ha=sides.get(across, "center"),
                va=sides.get(up, "center_baseline"),
                color=color(own_color(text) or shade) or "black",
                fontsize=max(6.0, font.get("size", 12) * panel.text),
                fontweight="bold" if is_bold(text) else "normal",
                annotation_clip=False,
                zorder=how["zorder"] + 0.5,
            )


def _bar(panel: Panel, axes: Axes, trace: Json, order: float) -> Patch:
    x = floats(panel.numbers(listed(trace["x"]), axis_name(trace.get("xaxis"), "x")))
    gap = panel.layout.get("bargap", 0.2)
    step = float(np.diff(np.unique(x)).min()) if len(np.unique(x)) > 1 else 1.0
    marker = trace.get("marker") or {}
    shades = [color(shade) for shade in each(marker.get("color"), len(x))]
    axes.bar(
        x,
        np.nan_to_num(floats(listed(trace["y"]))),
        width=trace.get("width") or step * (1 - gap),
        color=shades or None,
        alpha=marker.get("opacity", 1.0) * trace.get("opacity", 1.0),
        linewidth=0,
        zorder=order,
    )
    return Patch(color=shades[0] if shades else "black")


def _heat_map(panel: Panel, axes: Axes, trace: Json, order: float) -> None:
    rows = [floats(listed(row)) for row in listed(trace["z"])]
    z = np.array(rows) if rows else np.zeros((0, 0))
    if not z.size:
        return
    names = axis_name(trace.get("xaxis"), "x"), axis_name(trace.get("yaxis"), "y")
    x, y = (
        panel.numbers(listed(trace.get(letter)) or list(range(count)), name)
        for letter, count, name in zip("xy", z.shape[::-1], names, strict=True)
    )
    shared = panel.layout.get("coloraxis", {}) if "coloraxis" in trace else {}
    scale = _color_map(shared.get("colorscale") or trace.get("colorscale") or "Viridis")
    gap = max(trace.get("xgap", 0), trace.get("ygap", 0)) * panel.mark
    mesh = axes.pcolormesh(
        _edges(x),
        _edges(y),
        np.ma.masked_invalid(z),
        cmap=scale,
        vmin=shared.get("cmin", trace.get("zmin")),
        vmax=shared.get("cmax", trace.get("zmax")),
        edgecolors="white" if gap else "none",
        linewidth=gap,
        rasterized=z.size > MOST_VECTORS,
        zorder=order,
    )
    if trace.get("texttemplate"):
        _map_texts(panel, axes, trace, (x, y), mesh)
    if trace.get("showscale", True) and "coloraxis" not in trace:
        _color_bar(panel, axes, trace, mesh)


def _color_map(scale: Any) -> Colormap | str:
    if isinstance(scale, str):
        return scale.lower()
    stops = [(place, color(shade)) for place, shade in scale]
    return LinearSegmentedColormap.from_list("scale", stops)


def _edges(centres: Sequence[float]) -> np.ndarray:
    """The edges between fields, in the middle between their centres."""
    if len(centres) < 2:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (np.array(centres[1:], float) + np.array(centres[:-1], float)) / 2
    return np.array([2 * centres[0] - middle[0], *middle, 2 * centres[-1] - middle[-1]])


def _map_texts(
    panel: Panel, axes: Axes, trace: Json, places: tuple[Sequence[float], ...], mesh: Any
) -> None:
    for row, texts in enumerate(listed(trace["text"])):
        for column, text in enumerate(listed(texts)):
            value = mesh.get_array().reshape(len(places[1]), -1)[row, column]
            shade: Any = mesh.cmap(mesh.norm(value))
            red, green, blue, _ = shade
            dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
            axes.text(
                places[0][column],
                places[1][row],
                plain(text).replace("more than ", "> ").replace("less than ", "< "),
                ha="center",
                va="center_baseline",
                fontsize=max(6.0, 10 * panel.text),
                color="white" if dark else "black",
                zorder=4,
            )


def _color_bar(panel: Panel, axes: Axes, trace: Json, mesh: Any) -> None:
    """The scale of a map, on its right; one that lies above its plot on a page has a name."""
    described = trace.get("colorbar") or {}
    bar = panel.figure.colorbar(mesh, cax=axes.inset_axes((1.03, 0, 0.03, 1)))
    bar.outline.set_visible(False)
    set_ticks(bar.ax.yaxis, described)
    if is_above(trace):
        bar.set_label(plain(trace.get("name")))


def is_above(trace: Json) -> bool:
    """Whether a map's scale lies above its plot on the page, where its name is a label."""
    return (trace.get("colorbar") or {}).get("orientation") == "h"
