"""The gradient profile of one cell over training, as a heat map."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullLocator

from models.analysis.cell_style import cell_style
from models.analysis.gradient_grid import (
    BROKEN,
    BROKEN_WORDS,
    ZERO,
    ZERO_WORDS,
    gradient_grid,
)
from models.exchange.files import Results
from models.publishing.figure_names import View
from models.publishing.figures.over_time import gradient_norm_of
from models.publishing.figures.place import Place, power


def heat_map(place: Place, results: Results, view: View) -> None:
    """‖∂L/∂state_t‖: time steps to the right, evaluations upwards, median over seeds."""
    cell = view.cell or results.experiment.cells[0]
    rows = results.selected("gradients")
    rows = rows[(rows["cell"] == cell) & (rows["length"] == view.length)]
    found = gradient_grid(rows[rows["state"] == view.state])
    axes = place.axes("time step t", "training step")
    axes.grid(False)
    flats: dict[str, Patch] = {}
    norms = np.ma.masked_invalid(10**found.logs)
    extent = found.t, range(len(found.steps))
    scale = LogNorm() if norms.count() else None
    mesh = axes.pcolormesh(*extent, norms, cmap="viridis", norm=scale, rasterized=True)
    for where, color, words in (
        (found.zero, ZERO, ZERO_WORDS),
        (found.broken, BROKEN, BROKEN_WORDS),
    ):
        if where.any():
            flat = np.ma.masked_where(~where, np.ones(where.shape))
            axes.pcolormesh(*extent, flat, cmap=ListedColormap([color]), rasterized=True)
            flats[words] = Patch(color=color)
    axes.legend(
        flats.values(),
        flats,
        title=cell_style(cell).label,
        title_fontsize="medium",
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderpad=0,
        borderaxespad=0.3,
    )
    shown = np.unique(np.linspace(0, len(found.steps) - 1, 6).round().astype(int))
    axes.set_yticks(shown, [f"{found.steps[row]:,}" for row in shown])
    if norms.count():
        bar = place.figure.colorbar(mesh, ax=axes, label=gradient_norm_of(view.state))
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
        bar.outline.set_visible(False)
