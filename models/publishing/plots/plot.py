"""A plot as a page shows it, drawn for print: the same lines, axes and words, to scale on paper."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox, Transform, offset_copy

from models.publishing.figure_names import Format, Width
from models.publishing.figures.sheet import DPI, MILLIMETRE, SIZES, Origin, Size, metadata, style
from models.publishing.plots.axes import Panel
from models.publishing.plots.json_form import Json, plain
from models.publishing.plots.notes import draw_note, draw_shape
from models.publishing.plots.traces import draw_trace, is_above

PIXEL = 0.5
"""Points of height on paper for a pixel of height on the screen, in a column."""
MARK = 0.45
"""Points of a line's width for a pixel, in a column."""
USUAL_LETTERS = 12
"""Pixels of the page's letters."""
EDGE = 1.5
"""White space around everything, in points."""
ROUNDS = 3
"""How often the plots are moved until everything around them fits the sheet."""
LEAST = 0.2
"""Least share of the sheet that the plots keep."""


def plot_bytes(plot: str, origin: Origin, kind: Format = "pdf", width: Width = "single") -> bytes:
    """A plot, given as Plotly's JSON text, as a file of this kind.

    Names at the ends of lines are left out, since the legend has them. ``origin`` is in the file's
    metadata.
    """
    described = json.loads(plot)
    with mpl.rc_context(style(SIZES[width])):
        figure = _figure(described["data"], described["layout"], SIZES[width], width == "slide")
        buffer = io.BytesIO()
        said = metadata(title_of(described["layout"]), origin, kind)
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=said)
    return buffer.getvalue()


def title_of(layout: Json) -> str:
    """What a plot shows: one axis against the other."""
    titles = (((layout.get(f"{one}axis") or {}).get("title")) or {} for one in "yx")
    texts = (plain(one if isinstance(one, str) else one.get("text")) for one in titles)
    return " against ".join(filter(None, texts)) or "plot"


def _figure(traces: Sequence[Json], layout: Json, size: Size, fixed: bool) -> Figure:
    """The figure; its height is that of the plot on the page, or ``fixed`` by the sheet."""
    width = size.width * MILLIMETRE * 72
    plots = layout.get("height", 400) * PIXEL * size.scale
    figure = Figure((width / 72, plots / 72))
    panel = Panel(figure, layout, size.letters / USUAL_LETTERS, MARK * size.scale)
    drawn = [one for one in traces if not (one.get("meta") or {}).get("beside")]
    entries = {
        name: entry
        for place, trace in enumerate(drawn)
        if (entry := draw_trace(panel, trace, 2 + place / 1000))
        and (name := plain(trace.get("name")))
        and trace.get("showlegend", len(drawn) > 1)
        and layout.get("showlegend", True)
    }
    panel.finish()
    names = {plain(trace.get("name")) for trace in drawn if is_above(trace)}
    for note in layout.get("annotations", ()):
        if plain(note.get("text")) not in names:
            draw_note(panel, note)
    for shape in layout.get("shapes", ()):
        draw_shape(panel, shape)
    title = plain(((layout.get("legend") or {}).get("title") or {}).get("text"))
    above = _head(figure, title, entries, size)
    height = size.plot * MILLIMETRE * 72 if fixed else plots + above
    figure.set_size_inches(width / 72, height / 72)
    _fit(panel, (width, height), above)
    _thin_ticks(panel)
    return figure


def _head(figure: Figure, title: str, entries: dict[str, Artist], size: Size) -> float:
    """Writes title and legend at the top of the sheet; returns their height, in points."""
    letters, width = size.letters, size.width * MILLIMETRE * 72
    lines = [part for line in title.split("\n") for part in wrap(line, int(width / letters / 0.5))]
    for place, line in enumerate(lines):
        _at_top(figure, line, place * 1.25 * letters, max(6.0, 0.9 * letters))
    height = 1.25 * letters * len(lines)
    if not entries:
        return height + EDGE * bool(lines)
    legend = _legend(figure, entries, width - 2 * EDGE)
    legend.set_bbox_to_anchor((0, 1), _from_top(figure, EDGE, height + EDGE))
    return height + legend.get_window_extent().height / figure.dpi * 72 + 2 * EDGE


def _legend(figure: Figure, entries: dict[str, Artist], width: float) -> Legend:
    """A legend that is no wider than this, in as many columns as there is room for."""
    for columns in range(min(len(entries), 8), 0, -1):
        legend = figure.legend(
            entries.values(), entries, loc="upper left", ncols=columns, borderaxespad=0
        )
        if columns == 1 or legend.get_window_extent().width / figure.dpi * 72 <= width:
            return legend
        legend.remove()
    raise ValueError("a legend without entries")


def _at_top(figure: Figure, text: str, down: float, letters: float) -> None:
    """A line of text so many points below the upper edge of the sheet, whatever its height."""
    place = _from_top(figure, EDGE, EDGE + down)
    figure.text(0, 1, text, transform=place, ha="left", va="top", fontsize=letters)


def _from_top(figure: Figure, right: float, down: float) -> Transform:
    """Takes (0, 1) to the point so far from the upper left corner, whatever the sheet's height."""
    return offset_copy(figure.transFigure, figure, right, -down, "points")


def _fit(panel: Panel, size: tuple[float, float], above: float) -> None:
    """Gives the plots all the room that labels, ticks and titles around them leave."""
    width, height = size
    left, bottom, right, top = 0.15, 0.15, 0.95, 1 - above / height - 0.02
    for _ in range(ROUNDS):
        panel.place((left, bottom, right - left, top - bottom))
        panel.figure.draw_without_rendering()
        boxes = [axes.get_tightbbox() for axes in (panel.paper, *panel.pairs.values())]
        taken = Bbox.union([box for box in boxes if box]).transformed(
            panel.figure.transFigure.inverted()
        )
        left += EDGE / width - taken.x0
        bottom += EDGE / height - taken.y0
        right -= taken.x1 - (1 - EDGE / width)
        top -= taken.y1 - (1 - (above + EDGE) / height)
        right, top = max(right, left + LEAST), max(top, bottom + LEAST)
    panel.place((left, bottom, right - left, top - bottom))


def _thin_ticks(panel: Panel) -> None:
    """Takes away texts of ticks that would touch the text of the tick beside them."""
    panel.figure.draw_without_rendering()
    for axes in panel.pairs.values():
        for axis, place in ((axes.xaxis, 0), (axes.yaxis, 1)):
            if not axis.get_visible():
                continue
            texts = [one for one in axis.get_ticklabels() if one.get_text() and one.get_visible()]
            _keep_apart(sorted(texts, key=lambda one: one.get_position()[place], reverse=True))


def _keep_apart(texts: Sequence[Any]) -> None:
    kept: list[Bbox] = []
    for text in texts:
        box = text.get_window_extent().padded(1)
        if any(box.overlaps(other) for other in kept):
            text.set_visible(False)
        else:
            kept.append(box)
