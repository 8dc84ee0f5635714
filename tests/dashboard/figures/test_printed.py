"""Every kind of plot that a page shows is drawn for print as well, or it is said why not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import dashboard.figures
from dashboard.components.live_chart import as_json
from dashboard.figures.claim_cases import effects
from dashboard.figures.compared import (
    Measured,
    compared_accuracy,
    compared_learning,
    compared_profiles,
)
from dashboard.figures.gradient_flow.at_initialisation import initial_profiles, singular_values
from dashboard.figures.gradient_flow.connectivity import connectivity_strip
from dashboard.figures.gradient_flow.heat_map import gradient_heat_map
from dashboard.figures.gradient_flow.horizons import horizons, influence_by_lag
from dashboard.figures.gradient_flow.over_training import over_training, symbols_over_training
from dashboard.figures.gradient_flow.profile import gradient_profile
from dashboard.figures.inside.gate_lines import gate_lines
from dashboard.figures.inside.gate_map import gate_map
from dashboard.figures.inside.probe_curve import probe_curve
from dashboard.figures.inside.specialisation import selectivity, time_constants
from dashboard.figures.inside.surgery import ablation
from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.race.generalisation import generalisation_by_length
from dashboard.figures.race.learning import gradient_norm, learning_curves
from dashboard.figures.race.learning_rates import learning_rate_maps
from dashboard.figures.spans import spans_side_by_side
from models.analysis.cell_style import cell_style
from models.analysis.ladder import ladder
from models.analysis.memory_span import memory_spans
from models.publishing.figures.sheet import Origin
from models.publishing.plots.json_form import plain
from models.publishing.plots.plot import plot_bytes, title_of
from models.tasks import make_task
from tests.dashboard.figures import conftest as made
from tests.dashboard.figures.test_inside_figures import EXAMPLE, LSTM, T, units, values

NOT_PRINTED = {
    "add_ladder": "a part of other figures",
    "new_figure": "an empty figure, which others fill",
    "profile_figure": "an empty figure, which others fill",
    "steps_figure": "an empty figure, which others fill",
    "before_and_after": "explains an option beside it, and has no results",
    "kept_at_start_curve": "explains an option beside it, and has no results",
    "reached_steps": "explains an option beside it, and has no results",
    "example_sequence": "an example of the task beside its description; print has the gates' maps",
    "example_picture": "an example of the task beside its description",
    "cell_diagram": "its numbers are those of the step that the browser is at",
}
"""Functions of dashboard/figures/ that return a figure, with the reason why no page prints it."""

BASELINES = ladder(make_task("temporal_order"), made.LENGTHS)
RUNS = [
    Measured(name, place, made.make_accuracy(seeds=3), made.make_gradients(lengths=(20,)))
    for place, name in enumerate("AB")
]


def scores() -> pd.DataFrame:
    rows = [
        (cell, length, rate) for cell in made.CELLS for length in (20, 50) for rate in (0.01, 1)
    ]
    frame = pd.DataFrame(rows, columns=["cell", "length", "learning_rate"])
    return frame.assign(accuracy=0.7, chosen=frame["learning_rate"] == 1)


def probe() -> pd.DataFrame:
    shuffled = {"shuffled": 0.25, "shuffled_low": 0.2, "shuffled_high": 0.3}
    row = {"state": "h", "reads": "the answer", "accuracy": 0.7, "low": 0.6, "high": 0.8}
    return pd.DataFrame([{**row, **shuffled, "t": t, "sequences": 64} for t in T])


def ablated() -> pd.DataFrame:
    rows = [("", "", 0.9), *((gate, to, 0.4) for gate in "if" for to in ("0", "1", "mean"))]
    frame = pd.DataFrame(rows, columns=["gate", "to", "accuracy"])
    return frame.assign(low=frame["accuracy"] - 0.1, high=frame["accuracy"] + 0.1, sequences=64)


def claim() -> go.Figure:
    case = {"effect": "score gained", "case": "LSTM at T = 50", "verdict": "supported"}
    numbers = {"margin": 0.1, "median": 0.3, "low": 0.2, "high": 0.4, "holds": 3, "seeds": 3}
    seeds = pd.DataFrame({"case": case["case"], "seed": [0, 1, 2], "value": [0.2, 0.3, 0.4]})
    return effects(pd.DataFrame([{**case, **numbers, "above": True}]), seeds)


def jacobians() -> pd.DataFrame:
    rows = [(lag, index, -lag * (1 + index)) for lag in range(1, 9) for index in range(3)]
    return pd.DataFrame(rows, columns=["lag", "index", "log_value"])


def diagnostics() -> pd.DataFrame:
    courses = {
        "spectral_radius": [1.0, 1.5],
        "horizon_by_gradient": [5.0, 12.0],
        "horizon_by_behaviour": [0.0, 3.0],
        "accuracy_part_1": [0.5, 0.9],
    }
    return made.make_diagnostics(courses, lengths=(20, 100))


def spans() -> pd.DataFrame:
    return memory_spans(made.make_accuracy()).assign(text="about 50")


PLOTS: dict[str, Callable[[], go.Figure]] = {
    "accuracy_by_length": lambda: accuracy_by_length(
        made.make_accuracy(), baselines=BASELINES, title="<b>Temporal order</b> · 3 seeds"
    ),
    "generalisation_by_length": lambda: generalisation_by_length(
        made.make_generalisation(), baselines=BASELINES
    ),
    "learning_curves": lambda: learning_curves(
        made.make_accuracy(), made.make_training(steps=40), length=20, baselines=BASELINES
    ),
    "gradient_norm": lambda: gradient_norm(
        made.make_training(steps=40), length=20, clip=1.0, clip_by="norm"
    ),
    "learning_rate_maps": lambda: learning_rate_maps(scores()),
    "compared_accuracy": lambda: compared_accuracy(RUNS, made.CELLS[:2], BASELINES),
    "compared_learning": lambda: compared_learning(RUNS, made.CELLS[:2], 20),
    "compared_profiles": lambda: compared_profiles(RUNS, made.CELLS[:2], 20),
    "effects": claim,
    "initial_profiles": lambda: initial_profiles(
        made.make_gradients(lengths=(20,)), length=20, horizons={"rnn": 7.0}
    ),
    "singular_values": lambda: singular_values(jacobians(), cell="rnn"),
    "connectivity_strip": lambda: connectivity_strip([0.1, 0.9, 0.3], "cAd", [False, True, False]),
    "gradient_heat_map": lambda: gradient_heat_map(
        made.make_gradients(lengths=(20,)), cell="rnn", length=20
    ),
    "horizons": lambda: horizons(diagnostics()),
    "influence_by_lag": lambda: influence_by_lag(
        made.make_influence(), made.make_gradients(lengths=(100,)), length=100
    ),
    "over_training": lambda: over_training(
        diagnostics(), diagnostic="spectral_radius", length=20, title="spectral radius"
    ),
    "symbols_over_training": lambda: symbols_over_training(
        diagnostics(), cell="rnn", length=20, chance=0.5
    ),
    "gradient_profile": lambda: gradient_profile(made.make_gradients(lengths=(20,)), length=20),
    "gate_lines": lambda: gate_lines(T, values("f", "h"), roles=LSTM, unit=1, informative=(3,)),
    "gate_map": lambda: gate_map(
        T, values("f", "c"), roles=LSTM, order=(1, 2, 3, 4), example=EXAMPLE
    ),
    "probe_curve": lambda: probe_curve(probe(), chance=0.25, informative=(3,)),
    "time_constants": lambda: time_constants(units(), keep="f", delay=30),
    "selectivity": lambda: selectivity(units()),
    "ablation": lambda: ablation(ablated(), chance=0.25),
    "spans_side_by_side": lambda: spans_side_by_side(spans()),
}


def functions() -> set[str]:
    """The names of all public functions of dashboard/figures/ that return a figure."""
    found = set()
    for module in pkgutil.walk_packages(dashboard.figures.__path__, "dashboard.figures."):
        for name, one in inspect.getmembers(importlib.import_module(module.name)):
            returns = getattr(one, "__annotations__", {}).get("return")
            if inspect.isfunction(one) and returns == "go.Figure" and not name.startswith("_"):
                found.add(name)
    return found


def test_every_figure_is_printed_or_it_is_said_why_not() -> None:
    assert functions() - set(NOT_PRINTED) == set(PLOTS)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were written to files."""
    figures: list[Figure] = []
    save = Figure.savefig

    def record(self: Figure, *arguments: Any, **named: Any) -> None:
        figures.append(self)
        save(self, *arguments, **named)

    monkeypatch.setattr(Figure, "savefig", record)
    return figures


@pytest.mark.parametrize("name", PLOTS)
def test_print_has_the_axes_and_the_whole_legend_of_the_page(
    name: str, saved: list[Figure]
) -> None:
    figure = PLOTS[name]()
    content = plot_bytes(as_json(figure), Origin("abc", "train --task copy"), "svg")
    texts = " ".join(re.findall(r"<!-- (.*?) -->", content.decode(), re.DOTALL))
    named = [trace for trace in figure.data if trace.name and trace.showlegend is True]
    for text in (title_of(figure.layout.to_plotly_json()), *(trace.name for trace in named)):
        for part in plain(text).split(" against "):
            assert part in texts or part == "plot"
    assert ElementTree.fromstring(content) is not None
    assert b"train --task copy" in content
    assert b"run abc" in content
    (printed,) = saved
    width, height = printed.get_size_inches()
    assert width == pytest.approx(85 / 25.4)
    drawn = printed.get_tightbbox()
    assert min(drawn.x0, drawn.y0) > -0.01  # inches
    assert max(drawn.x1 - width, drawn.y1 - height) < 0.01
    sizes = [float(text.get_fontsize()) for text in printed.findobj(Text) if text.get_text()]
    assert min(sizes) >= 6


def test_colours_are_those_of_the_cells() -> None:
    content = plot_bytes(as_json(PLOTS["gradient_profile"]()), Origin("", ""), "svg").decode()
    assert all(cell_style(cell).color in content for cell in made.CELLS)
