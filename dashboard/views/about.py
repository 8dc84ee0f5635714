"""The About page: the app's version, its limits, its present activity, and its store."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import psutil
import streamlit as st

import models
from dashboard.components import failures
from dashboard.scheduling.app_resources import configuration, scheduler, store
from dashboard.scheduling.run_queue import Queue
from dashboard.session.visitor import visitor
from models.analysis.glossary import GLOSSARY
from models.analysis.references import REFERENCES, citation
from models.kernels.version import kernels_on
from models.settings.configuration import MEBIBYTE, VARIABLES
from models.store.environment import environment

REFRESH_SECONDS = 5.0


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("About Memory Lab", anchor=False)
    st.markdown(
        "**Memory Lab** trains small recurrent networks live and shows how far back they remember, "
        f"and why they forget. Version {models.__version__}."
    )
    _how_to_cite()
    _glossary()
    scheduler()  # where the store cannot be opened, nothing below can be shown
    st.fragment(failures.shown_errors()(_activity), run_every=REFRESH_SECONDS)()
    left, right = st.columns(2)
    with left:
        st.header("Limits of this installation", anchor=False)
        values = configuration().describe()
        public = {one.help: values[one.name] for one in VARIABLES.values() if one.public}
        st.table(public, border="horizontal")
        st.caption(
            "Whoever hosts the app sets these limits, as environment variables or secrets such "
            "as `MEMORY_LAB_MINUTES`. The full list is in `docs/operations.md`."
        )
    with right:
        st.header("Machine and software", anchor=False)
        st.table(environment(kernels_on("cpu")) | {"speed": _speed()}, border="horizontal")


def _how_to_cite() -> None:
    st.header("How to cite", anchor=False)
    st.code(citation(models.__version__), language="bibtex", wrap_lines=True)
    with st.expander("References"):
        st.markdown("\n".join(f"- {paper}" for paper in REFERENCES))


def _glossary() -> None:
    st.header("Glossary", anchor=False)
    columns = st.columns(2)
    terms = sorted(GLOSSARY, key=str.lower)
    half = (len(terms) + 1) // 2
    for column, own in zip(columns, (terms[:half], terms[half:]), strict=True):
        column.markdown("\n\n".join(f"**{term}**  \n{GLOSSARY[term]}" for term in own))


def _activity() -> None:
    """Draws the present activity of the app, and the size of its store."""
    queue = scheduler().queue
    load, memory = psutil.getloadavg()[0], psutil.virtual_memory()
    sizes = store().sizes()
    st.header("Activity now", anchor=False)
    first, second, third, fourth = st.columns(4)
    first.metric("Runs in training", f"{len(queue.training)}", help=_own(queue))
    second.metric("Runs waiting", f"{len(queue.waiting)}")
    third.metric("Load (1 min)", f"{load:.1f} of {os.cpu_count() or 1} cores")
    fourth.metric(
        "Memory in use", f"{memory.percent:.0f}%", help="Memory of the whole machine in use."
    )
    first, second, third, fourth = st.columns(4)
    first.metric("Store", store().url.get_backend_name(), help="The kind of database.")
    second.metric("Runs in the store", f"{len(sizes)}")
    third.metric("Measurements", f"{sum(sizes.values()) / MEBIBYTE:.1f} MiB")
    fourth.metric("Database file", _file_size(store().file))
    st.caption(f"As of {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC.")


def _speed() -> str:
    speed = scheduler().speed
    return (
        f"{speed.overhead:.2g} times (function calls) and {speed.arithmetic:.2g} times "
        "(arithmetic) that of the reference machine of the estimates"
    )


def _own(queue: Queue) -> str:
    own = [run for run in (*queue.training, *queue.waiting) if run.visitor == visitor()]
    return f"Yours among the runs in training or waiting: {len(own)}."


def _file_size(file: Path | None) -> str:
    return f"{file.stat().st_size / MEBIBYTE:.1f} MiB" if file and file.exists() else "on a server"


page()
