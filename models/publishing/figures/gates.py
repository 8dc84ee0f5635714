"""The gates and states of one trained model along one sequence, as heat maps below each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from models.analysis.cell_style import cell_style
from models.cells import make_cell
from models.cells.gate_names import GATE_NAMES
from models.exchange.files import Results
from models.experiment.partition import ModelKey
from models.publishing.figure_names import View, weights_of
from models.publishing.figures.place import GREY, Place

SEQUENCES = 256
"""Held-out sequences that are drawn, of which the first is shown: as Inside the cell."""
MOST_MARKED = 12
"""Most informative steps that are marked."""
SIGNED = LinearSegmentedColormap.from_list("signed", ["#105dd1", "white", "#c0212d"])
"""Colours of values that may be negative."""


def gate_names(cell: str) -> list[str]:
    """What is shown of a cell: what keeps, what writes, and its states. Raises SpecError."""
    made = make_cell(cell)
    gates = (made.forget_gate, made.input_gate)
    return [*(name for name in gates if name), *made.states[::-1]]


def gates(place: Place, results: Results, view: View) -> None:
    """A row for each unit: the one that keeps its memory longest is at the top of every map."""
    # Imported here, so that no other figure needs torch.
    from models.diagnostics.inside.gate_trace import gate_trace
    from models.diagnostics.inside.trained_model import TrainedModel

    key = weights_of(results, view)
    own = ModelKey(key.length, key.seed, key.learning_rate)
    model = TrainedModel(results.experiment, key.cell, own, results.weights[key])
    batch = model.held_out(SEQUENCES)
    trace, example = gate_trace(model, batch), model.task.describe(batch, 0)
    names = gate_names(key.cell)
    kept = trace.values[names[0]].mean(axis=0)
    order = np.argsort(kept if model.cell.forget_gate else -np.arange(len(kept)), kind="stable")
    every: Any = place.figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for name, axes in zip(names, every, strict=True):
        _map(place, axes, name, trace.values[name][:, order], signed=name in model.cell.states)
    marked = [t for t, matters in enumerate(example.informative, start=1) if matters]
    for t in marked if len(marked) <= MOST_MARKED else ():
        for axes in every:
            axes.axvline(t, color=GREY, linestyle=(0, (3, 2)), linewidth=0.7 * place.scale)
        _above(every[0], t, example.symbols[t - 1], place.small)
    every[-1].set_xlabel("time step t")
    every[0].set_title(
        f"{cell_style(key.cell).label}, T = {key.length}, seed {key.seed}: {example.answer}",
        fontsize="medium",
        loc="left",
        pad=10 * place.scale,
    )


def _map(place: Place, axes: Axes, name: str, values: np.ndarray, *, signed: bool) -> None:
    """One map, (T, H), time to the right and units upwards."""
    steps, units = values.shape
    extent = (0.5, steps + 0.5, 0.5, units + 0.5)
    most = max(float(np.nanmax(np.abs(values), initial=0)), 1e-9)
    low, high = (-most, most) if signed else (0.0, 1.0)
    image = axes.imshow(
        np.ma.masked_invalid(values.T),
        aspect="auto",
        origin="lower",
        extent=extent,
        cmap=SIGNED if signed else "viridis",
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    axes.set_ylabel("units")
    axes.set_yticks([])
    bar = place.figure.colorbar(image, ax=axes)
    bar.set_label(f"{name}, {GATE_NAMES.get(name, 'gate')}", fontsize=place.small)
    bar.outline.set_visible(False)


def _above(axes: Axes, t: int, text: str, size: float) -> None:
    """A sign above the map at a time step."""
    place = axes.get_xaxis_transform()
    axes.text(t, 1.02, text, transform=place, fontsize=size, color=GREY, ha="center", va="bottom")
