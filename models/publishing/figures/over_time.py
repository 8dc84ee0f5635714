"""Figures over training steps and over the time steps of a sequence, at one sequence length."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from models.analysis.cell_style import cell_style, in_order
from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.ladder import ladder, rungs
from models.analysis.median_profile import profile
from models.analysis.over_training import log_mean_by_step, mean_by_step, thin
from models.analysis.statistics import median_over_seeds
from models.analysis.words import number
from models.exchange.files import Results
from models.publishing.figure_names import View
from models.publishing.figures.place import Place, accuracy_axis, legend_line, power_axis
from models.tasks import make_task


def gradient_norm_of(state: str) -> str:
    """How the norm of the gradient with respect to a state is written: "‖∂L/∂hₜ‖"."""
    return f"‖∂L/∂{state}ₜ‖"


def learning(place: Place, results: Results, view: View) -> None:
    """Held-out accuracy over training: the mean over seeds, each seed faint."""
    rows = _at(results, "accuracy", view)
    axes = place.axes("training step", "held-out accuracy")
    task = make_task(results.experiment.task)
    last = max([1, *rows["step"]])
    for rung in rungs(ladder(task, [view.length]), "accuracy"):
        place.level(axes, [0, last], [rung.values[0]] * 2, rung.name)
    for cell in in_order(rows["cell"]):
        own = rows[rows["cell"] == cell]
        for _, seed in own.sort_values("step").groupby("seed"):
            place.faint(axes, cell, seed["step"].tolist(), seed["accuracy"].tolist())
        _over_steps(place, axes, cell, mean_by_step(own, "accuracy"))
    accuracy_axis(axes)


def gradient_norm(place: Place, results: Results, view: View) -> None:
    """The gradient norm before clipping over training, geometric mean over seeds."""
    rows, experiment = _at(results, "training", view), results.experiment
    axes = place.axes("training step", "gradient norm")
    power_axis(axes)
    if experiment.clip > 0 and experiment.clip_by == "norm":
        ends = [0, max([1, *rows["step"]])]
        place.level(axes, ends, [experiment.clip] * 2, f"clipped above {number(experiment.clip)}")
    for cell in in_order(rows["cell"]):
        logs = thin(log_mean_by_step(rows[rows["cell"] == cell], "gradient_norm"))
        _over_steps(place, axes, cell, pd.Series(np.exp(logs.to_numpy()), index=logs.index))


def gradient_profile(place: Place, results: Results, view: View) -> None:
    """‖∂L/∂state_t‖ against t: dotted at initialisation, the cell's line at the latest step."""
    axes, rows = _profiles(place, results, view)
    for cell in in_order(rows["cell"]):
        own = rows[rows["cell"] == cell]
        before = profile(own, "initialisation")
        if before:
            (line,) = axes.plot(
                before.t,
                before.norms,
                color=cell_style(cell).color,
                linestyle=":",
                linewidth=0.8 * place.scale,
            )
            place.belongs(line, cell)
        now = profile(own, "now")
        if now and now.step:
            texts = [f"t = {t}: {number(norm)}" for t, norm in zip(now.t, now.norms, strict=True)]
            place.line(axes, cell, now.t, now.norms, texts)
    dotted = legend_line(linestyle=":", linewidth=0.8 * place.scale)
    place.lines.setdefault("at initialisation", dotted)


def initial_profile(place: Place, results: Results, view: View) -> None:
    """‖∂L/∂state_t‖ against t before the first training step: the median over seeds."""
    axes, rows = _profiles(place, results, view)
    for cell in in_order(rows["cell"]):
        if before := profile(rows[rows["cell"] == cell], "initialisation"):
            points = zip(before.t, before.norms, strict=True)
            texts = [f"t = {t}: {number(norm)}" for t, norm in points]
            place.line(axes, cell, before.t, before.norms, texts)


def diagnostic(place: Place, results: Results, view: View) -> None:
    """One diagnostic over training: the median over seeds, each seed faint."""
    rows = _at(results, "diagnostics", view)
    rows = rows[rows["diagnostic"] == view.diagnostic]
    described = DIAGNOSTICS[view.diagnostic]
    unit = f", {described.unit}" if described.unit else ""
    axes = place.axes("training step", f"{described.title}{unit}")
    # A half-life that is negative is a doubling time.
    least = 0.0 if view.diagnostic.startswith("half_life") else -np.inf
    drawable = rows.assign(value=_finite(rows["value"], least))
    medians = median_over_seeds(rows, ["cell", "step"])
    medians = medians.assign(value=_finite(medians["median"], least)).sort_values("step")
    for cell in in_order(rows["cell"]):
        for _, seed in drawable[drawable["cell"] == cell].sort_values("step").groupby("seed"):
            place.faint(axes, cell, seed["step"].tolist(), seed["value"].tolist())
        line = medians[medians["cell"] == cell].set_index("step")["value"]
        _over_steps(place, axes, cell, line)


def _profiles(place: Place, results: Results, view: View) -> tuple[Axes, pd.DataFrame]:
    """The axes of gradient profiles, and the rows of the view's state."""
    rows = _at(results, "gradients", view)
    axes = place.axes("time step t", gradient_norm_of(view.state))
    power_axis(axes)
    return axes, rows[rows["state"] == view.state]


def _at(results: Results, table: str, view: View) -> pd.DataFrame:
    rows = results.selected(table)
    at_length: pd.DataFrame = rows[rows["length"] == view.length]
    return at_length


def _over_steps(place: Place, axes: Axes, cell: str, line: pd.Series) -> None:
    texts = [f"step {step}: {number(value)}" for step, value in line.items()]
    place.line(axes, cell, line.index.tolist(), line.tolist(), texts)


def _finite(values: pd.Series, least: float) -> pd.Series:
    values = values.astype(float)
    finite: pd.Series = values.where(np.isfinite(values) & (values > least))
    return finite
