"""The gradient during training, of a live run or of a recorded one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.components.clock import training_clock
from dashboard.components.task_legend import held_out_sequence
from dashboard.figures.gradient_flow.connectivity import connectivity_strip
from dashboard.figures.gradient_flow.heat_map import gradient_heat_map
from dashboard.figures.gradient_flow.horizons import horizons, influence_by_lag
from dashboard.figures.gradient_flow.over_training import (
    SYMBOL,
    over_training,
    symbols_over_training,
)
from dashboard.figures.gradient_flow.profile import HOW_TO_READ, gradient_profile
from dashboard.figures.replay import replayed
from dashboard.figures.style import in_order
from dashboard.sections.results import learning_chart, norm_chart
from dashboard.session.run_tables import Tables
from dashboard.session.session_state import FLOW_CELL, FLOW_LENGTH, ORIGIN
from models.analysis.diagnoses import diagnoses
from models.analysis.diagnosis import RULES
from models.analysis.diagnostic_names import DIAGNOSTICS
from models.analysis.glossary import GLOSSARY
from models.analysis.words import count, of_all
from models.cells import CELLS, cell_label
from models.experiment import Experiment
from models.publishing.figures.sheet import origin_of
from models.settings import spec
from models.tasks import make_task

REFERENCES = {"spectral_radius": 1.0, "lyapunov_exponent": 0.0}
"""Diagnostics with a value at which behaviour changes, which a line marks."""
LOGARITHMIC = ("update_ratio", "horizon_by_gradient")
"""Diagnostics that are drawn on a log axis."""
LEFT_FIRST, RIGHT_FIRST = "spectral_radius", "lyapunov_exponent"
"""The diagnostics that the two figures show before the visitor chooses others."""


@dataclass(frozen=True)
class FlowSource:
    """The measurements that are drawn, of a run or of a recorded one."""

    name: str
    """Names the measurements in caches; it changes when more is measured."""
    run: str
    """Names the run."""
    experiment: Experiment
    tables: Tables
    profiles: Callable[[int], pd.DataFrame]
    """Reads the gradients table at one length, with every evaluation."""


def draw(source: FlowSource) -> None:
    """Draws everything from the heat map down to the diagnosis."""
    experiment, tables = source.experiment, source.tables
    ORIGIN.set(origin_of({source.run: experiment}))
    if tables.diagnostics.empty:
        st.info("Nothing has been measured yet.", icon=":material/hourglass_top:")
        return
    cell, length = _chosen(experiment)
    _clock(source, length)
    _heat_maps(source, cell, length)
    left, right = st.columns(2)
    with left:
        _profiles(source, length)
    with right:
        norm_chart(source.name, experiment, tables, length)
        learning_chart(source.name, experiment, tables, length)
    st.caption(HOW_TO_READ, help=GLOSSARY["gradient profile"])
    left, right = st.columns(2)
    with left:
        _over_training(source, length, "left", LEFT_FIRST)
    with right:
        _over_training(source, length, "right", RIGHT_FIRST)
    if tables.diagnostics["diagnostic"].str.startswith(SYMBOL).any():
        _symbols(source, cell, length)
    if len(tables.connectivity):
        _connectivity(source, cell, length)
    if len(tables.influence):
        _horizons(source, length)
    _diagnoses(source)


def _chosen(experiment: Experiment) -> tuple[str, int]:
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    if FLOW_CELL.get() not in experiment.cells:
        FLOW_CELL.take()
    if FLOW_LENGTH.get() not in experiment.lengths:
        FLOW_LENGTH.set(experiment.lengths[-1])
    cell: str = left.selectbox(
        "Cell of the heat map",
        in_order(experiment.cells),
        key=FLOW_CELL.name,
        format_func=cell_label,
        persist_state="session",
    )
    length: int = right.select_slider(
        "Sequence length of all figures",
        experiment.lengths,
        key=FLOW_LENGTH.name,
        persist_state="session",
    )
    return cell, length


def _heat_maps(source: FlowSource, cell: str, length: int) -> None:
    """Draws a heat map for each state: the LSTM's paths through c and h stand side by side."""
    states = spec.parse("cell", cell, CELLS)[0].states[::-1]
    for column, state in zip(st.columns(len(states)), states, strict=True):
        with column:
            _heat_map(source, cell, length, state)


def _heat_map(source: FlowSource, cell: str, length: int, state: str) -> None:
    chart(
        source.name,
        f"heat_map_{state}",
        (cell, length),
        lambda: gradient_heat_map(
            _profiles_at(source, length), cell=cell, length=length, state=state
        ),
    )


def _profiles_at(source: FlowSource, length: int) -> pd.DataFrame:
    return cached(source.name, "profiles", (length,), lambda: source.profiles(length))


def _clock(source: FlowSource, length: int) -> None:
    with st.container(key="training_clock_place"):
        training_clock(f"{source.run} {length}", replayed(_profiles_at(source, length)["step"]))


def _profiles(source: FlowSource, length: int) -> None:
    chart(
        source.name,
        "profile_replay",
        (length,),
        lambda: gradient_profile(
            _profiles_at(source, length),
            length=length,
            cells=source.experiment.cells,
            replay=True,
        ),
    )


def _over_training(source: FlowSource, length: int, side: str, first: str) -> None:
    found = _measured_names(source)
    measured = [name for name in DIAGNOSTICS if name in found]
    name = st.selectbox(
        "Over training",
        measured,
        index=measured.index(first) if first in measured else 0,
        key=f"over_training_{side}",
        format_func=lambda name: DIAGNOSTICS[name].title,
        label_visibility="collapsed",
    )
    described = DIAGNOSTICS[name]
    chart(
        source.name,
        f"diagnostic_{side}",
        (name, length),
        lambda: over_training(
            source.tables.diagnostics,
            diagnostic=name,
            length=length,
            cells=source.experiment.cells,
            title=described.title + (f", {described.unit}" if described.unit else ""),
            reference=REFERENCES.get(name),
            log=name in LOGARITHMIC,
        ),
    )
    st.caption(f"{described.title}: {described.meaning}.")


def _measured_names(source: FlowSource) -> set[str]:
    names = source.tables.diagnostics["diagnostic"].unique()
    return {name for name in names if not name.startswith((SYMBOL, "overflow_"))}


def _symbols(source: FlowSource, cell: str, length: int) -> None:
    st.header("When is each symbol learned?", anchor=False)
    st.caption(f"{cell_label(cell)}, T = {length}.")
    chart(
        source.name,
        "symbols",
        (cell, length),
        lambda: symbols_over_training(
            source.tables.diagnostics, cell=cell, length=length, chance=0.5
        ),
    )


def _connectivity(source: FlowSource, cell: str, length: int) -> None:
    """Draws connectivity at initialisation and at the end, along the measured sequence."""
    rows = source.tables.connectivity
    rows = rows[(rows["cell"] == cell) & (rows["length"] == length)]
    if rows.empty:
        return
    seed = int(rows["seed"].min())
    # Of several learning rates none may be known as the best yet: any shows the figure.
    rows = rows[(rows["seed"] == seed) & (rows["learning_rate"] == rows["learning_rate"].min())]
    steps = sorted(int(step) for step in rows["step"].unique())
    st.header("Which inputs does the answer depend on?", anchor=False)
    st.caption(f"{cell_label(cell)}, T = {length}, seed {seed}, one held-out sequence.")
    example = held_out_sequence(source.experiment, seed, length)
    for column, step in zip(st.columns(len(steps)), steps, strict=True):
        values = rows[rows["step"] == step].sort_values("t")
        with column:
            chart(
                source.name,
                f"connectivity_{'initialisation' if step == 0 else 'end'}",
                (cell, length),
                partial(
                    connectivity_strip,
                    values["connectivity"].tolist(),
                    example.symbols,
                    example.informative,
                ),
            )
            st.caption(
                "At initialisation" if step == 0 else f"After {count(step, 'training step')}"
            )
    st.caption(
        "How strongly the answer at the last step depends on the input at step t: the norm of the "
        f"gradient of the answer's logit. The right answer is {example.answer}."
    )


def _horizons(source: FlowSource, length: int) -> None:
    st.header("Memory horizons, by gradient and by behaviour", anchor=False)
    left, right = st.columns(2)
    cells = source.experiment.cells
    with left:
        chart(
            source.name,
            "horizons",
            (),
            lambda: horizons(
                source.tables.diagnostics, lengths=source.experiment.lengths, cells=cells
            ),
        )
    with right:
        chart(
            source.name,
            "influence",
            (length,),
            lambda: influence_by_lag(
                source.tables.influence, source.tables.gradients, length=length, cells=cells
            ),
        )
    st.caption(
        "By gradient: how far back ‖∂L/∂hₜ‖ stays above 1% of its value at the last step. By "
        "behaviour: how far back a change of the informative input still changes at least 5% of "
        "the answers on held-out sequences. It is 0 for a model that is no better than chance."
    )


def _diagnoses(source: FlowSource) -> None:
    tables = source.tables
    found = cached(
        source.name,
        "diagnoses",
        (),
        lambda: diagnoses(source.experiment, tables.accuracy, tables.training, tables.diagnostics),
    )
    unsolved = found[found["verdict"] != "solved"]
    st.header("Diagnosis", anchor=False)
    st.markdown(f"{of_all(len(found) - len(unsolved), len(found), 'model')} solved the task.")
    st.caption(make_task(source.experiment.task).criterion, help=GLOSSARY["solved"])
    if unsolved.empty:
        return
    unsolved = unsolved.assign(cell=unsolved["cell"].map(cell_label))
    alike = unsolved.groupby(["cell", "length", "verdict"], sort=False)
    shown = alike.agg(seeds=("seed", _joined), because=("sentence", "first")).reset_index()
    st.table(shown[["cell", "length", "seeds", "verdict", "because"]].set_index("cell"))
    with st.expander("Every model, and the rules: the first that applies gives the verdict"):
        st.dataframe(
            unsolved[["cell", "length", "seed", "verdict", "sentence"]],
            hide_index=True,
            width="stretch",
        )
        st.markdown("\n".join(f"1. **{rule.verdict}**: {rule.text}" for rule in RULES))


def _joined(seeds: pd.Series) -> str:
    return ", ".join(str(seed) for seed in sorted(set(seeds)))
