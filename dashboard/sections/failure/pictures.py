"""The two pictures that show why a cell failed, for each verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.figures.gradient_flow.over_training import over_training
from dashboard.figures.gradient_flow.profile import gradient_profile
from dashboard.figures.layout import GREY, note
from dashboard.figures.race.learning import gradient_norm, learning_curves
from dashboard.session.run_tables import Tables
from models.analysis.diagnosis import Verdict
from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.ladder import ladder
from models.cells import CELLS
from models.experiment import Experiment
from models.settings import spec
from models.tasks import make_task

HEIGHT = 300
"""Height of a picture, pixels: two of them, their words and the remedy are one screen."""


@dataclass(frozen=True)
class Place:
    """One cell at one sequence length of a run."""

    experiment: Experiment
    tables: Tables
    """Those of the run, of this cell alone."""
    cell: str
    length: int


@dataclass(frozen=True)
class Picture:
    """A picture, and what is to be seen in it."""

    name: str
    figure: Callable[[Place], go.Figure]
    caption: str


def _profile(place: Place) -> go.Figure:
    """The gradient profile of the state that carries it furthest, with the informative input."""
    state = spec.parse("cell", place.cell, CELLS)[0].states[-1]
    task = make_task(place.experiment.task)
    figure = gradient_profile(
        place.tables.gradients, length=place.length, state=state, cells=(place.cell,)
    )
    informative = task.steps(place.length) - task.lag(place.length)
    figure.add_vline(informative, line={"color": GREY, "dash": "dash", "width": 1.2})
    figure.add_annotation(
        note("first informative input", 1, x=informative, xref="x", yref="y domain", xanchor="left")
    )
    return figure


def _norm(place: Place) -> go.Figure:
    return gradient_norm(
        place.tables.training,
        length=place.length,
        clip=place.experiment.clip,
        clip_by=place.experiment.clip_by,
        cells=(place.cell,),
    )


def _accuracy(place: Place) -> go.Figure:
    return learning_curves(
        place.tables.accuracy,
        place.tables.training,
        length=place.length,
        baselines=ladder(make_task(place.experiment.task), place.experiment.lengths),
        cells=(place.cell,),
    )


def _loss(place: Place) -> go.Figure:
    return learning_curves(
        place.tables.accuracy,
        place.tables.training,
        length=place.length,
        baselines=ladder(make_task(place.experiment.task), place.experiment.lengths),
        measure="loss",
        cells=(place.cell,),
    )


def _diagnostic(place: Place, name: str) -> go.Figure:
    described = DIAGNOSTICS[name]
    return over_training(
        place.tables.diagnostics,
        diagnostic=name,
        length=place.length,
        cells=(place.cell,),
        title=described.title + (f", {described.unit}" if described.unit else ""),
    )


def _keep_gate(place: Place) -> go.Figure:
    return _diagnostic(place, f"mean_{spec.parse('cell', place.cell, CELLS)[0].forget_gate}")


PROFILE = Picture(
    "profile",
    _profile,
    "Read from right to left: how strongly the loss pulls on the state at each step. To learn from "
    "the first informative input, the line has to reach it.",
)
NORM = Picture("norm", _norm, "The gradient norm at each training step: peaks are explosions.")
ACCURACY = Picture("accuracy", _accuracy, "Held-out accuracy over training, each seed faint.")
LOSS = Picture("loss", _loss, "The loss over training: whether it still falls at the end.")
KEEP_GATE = Picture(
    "keep gate",
    _keep_gate,
    "How much of the old state the gate keeps at a step, on average: what is left after many steps "
    "is this number to the power of their count.",
)
SATURATION = Picture(
    "saturation",
    lambda place: _diagnostic(place, "saturation_h"),
    "The share of h at the ends of its range, where the activation is flat.",
)
HORIZON = Picture(
    "horizon",
    lambda place: _diagnostic(place, "horizon_by_gradient"),
    "How many steps back the gradient reaches, over training.",
)

PICTURES: dict[Verdict, tuple[Picture, Picture]] = {
    "diverged": (NORM, ACCURACY),
    "too few steps": (ACCURACY, LOSS),
    "gradient exploded": (NORM, PROFILE),
    "forgot again": (ACCURACY, NORM),
    "gradient truncated": (PROFILE, ACCURACY),
    "gate shut": (PROFILE, KEEP_GATE),
    "saturated": (PROFILE, SATURATION),
    "gradient vanished": (PROFILE, HORIZON),
    "at chance": (ACCURACY, PROFILE),
    "learned in part": (ACCURACY, PROFILE),
}
"""The pictures of every verdict on a model that failed."""
