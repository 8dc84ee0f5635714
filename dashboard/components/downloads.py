"""Downloads of a run: its tables, its command line, its standalone script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.scheduling.app_resources import store
from dashboard.session import current_run
from dashboard.session.run_tables import Tables
from models.exchange.files import (
    Results,
    csv_bytes,
    experiment_bytes,
    from_store,
    table_bytes,
    table_from_store,
    zip_bytes,
)
from models.exchange.standalone_script import ScriptError, standalone_script
from models.experiment import Experiment
from models.store.run import Run


def run_downloads(run: Run, key: str) -> None:
    """Draws the downloads of the run on show: all measurements by the time of the press."""
    tables = current_run.reader().read(store(), run.updated)
    if len(tables.accuracy):
        results = partial(from_store, store(), run.id)
        table = partial(table_from_store, store(), run)
        # Each run has buttons of its own: a button from before a change of run stays that run's.
        _table_downloads(run.id, tables, results, table, f"{key}_{run.id}")


def recorded_downloads(recorded: Results, tables: Tables, key: str) -> None:
    """Draws the downloads of a recorded run."""
    _table_downloads(
        recorded.run, tables, lambda: recorded, lambda name: recorded.tables[name], key
    )


def _table_downloads(
    run_id: str,
    tables: Tables,
    results: Callable[[], Results],
    table: Callable[[str], pd.DataFrame],
    key: str,
) -> None:
    """Draws a button for each CSV and for the experiment, and one for all of them as a ZIP.

    ``results`` and ``table`` are called only when a button is pressed.
    """
    names = [name for name, rows in vars(tables).items() if len(rows)]
    files: dict[str, Callable[[], bytes]] = {
        f"{name}.csv": partial(_csv, name, table) for name in names
    }
    files["experiment.json"] = lambda: experiment_bytes(results())
    _buttons({f"{run_id}.zip": lambda: zip_bytes(results()), **files}, key)


def frame_downloads(frames: Mapping[str, pd.DataFrame], key: str) -> None:
    """Draws a button for each frame, which downloads it as a CSV of this name."""
    _buttons({f"{name}.csv": partial(csv_bytes, frame) for name, frame in frames.items()}, key)


def _buttons(files: Mapping[str, Callable[[], bytes]], key: str) -> None:
    """Draws the buttons in a row, or as many rows as they need; a ZIP stands out."""
    row = st.container(horizontal=True)
    for name, content in files.items():
        whole = name.endswith(".zip")
        download_button(
            "Everything (ZIP)" if whole else name,
            content,
            name,
            f"{key}_{'zip' if whole else name}",
            row,
            type="primary" if whole else "secondary",
        )


def _csv(name: str, table: Callable[[str], pd.DataFrame]) -> bytes:
    return table_bytes(name, table(name))


def reproduce(experiment: Experiment) -> None:
    """Shows how to run the experiment in a terminal, and with nothing but torch."""
    st.header("The same run from the command line", anchor=False)
    st.code(experiment.command_line(), language="bash", wrap_lines=True)
    try:
        script = standalone_script(experiment)
    except ScriptError as error:
        st.caption(f"{str(error).capitalize()}.")
        return
    st.markdown(
        "**Check it without this project**: the same task and settings with torch's own modules, "
        "in one file that needs only torch."
    )
    st.download_button(
        "check_memory.py",
        script,
        "check_memory.py",
        "text/x-python",
        key="script",
        on_click="ignore",
    )
    # Browsers take half a second to highlight the code, even where it is hidden.
    expander = st.expander("Read it here", key="script_read", on_change="rerun")
    if expander.open:
        shown = script if len(script) < 20_000 else script[:20_000] + "\n…"
        # Wrapped: the keyboard cannot scroll a block of code sideways.
        expander.code(shown, language="python", wrap_lines=True)
