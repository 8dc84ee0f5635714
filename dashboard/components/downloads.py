"""Downloads of a run: its tables, its command line, its standalone script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.components.paper_downloads import paper_downloads
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.session import current_run
from dashboard.session.lecture import presents
from dashboard.session.run_tables import Tables
from models.analysis.words import capitalise
from models.exchange.csv_writing import write_csv
from models.exchange.files import EXPERIMENT, Results, write_file
from models.exchange.standalone_script import ScriptError, standalone_script
from models.experiment import Experiment
from models.store.run import Run

LARGE = ("training", "gradients")
"""The tables that are offered as Parquet as well: they have by far the most rows."""


def run_downloads(run: Run, key: str) -> None:
    """Draws the downloads of the run on show: all measurements by the time of the press."""
    tables = current_run.reader().read(store(), run.updated)
    if len(tables.accuracy):
        # Each run has buttons of its own: a button from before a change of run stays that run's.
        _table_downloads(run.id, tables, partial(scheduler().export, run.id), f"{key}_{run.id}")
        paper_downloads(run.id, run.id, run.experiment, tables)


def recorded_downloads(recorded: Results, file: Path, tables: Tables, key: str) -> None:
    """Draws the downloads of a recorded run, which lies in this file."""
    _table_downloads(recorded.run, tables, partial(write_file, recorded), key)
    paper_downloads(str(file), file.stem, recorded.experiment, tables)


def _table_downloads(
    run_id: str, tables: Tables, write: Callable[[str, Path], None], key: str
) -> None:
    """Draws a button for each table and for the experiment, and one for all of it as a ZIP.

    ``write`` is called with the name of a file and its place when its button is pressed.
    """
    names = [name for name, rows in vars(tables).items() if len(rows)]
    large = [f"{name}.parquet" for name in names if name in LARGE]
    files = [f"{run_id}.zip", *(f"{name}.csv" for name in names), *large, EXPERIMENT]
    _buttons({name: partial(write, name) for name in files}, key)


def frame_downloads(frames: Mapping[str, pd.DataFrame], key: str) -> None:
    """Draws a button for each frame, which downloads it as a CSV of this name."""
    _buttons({f"{name}.csv": partial(write_csv, frame) for name, frame in frames.items()}, key)


def _buttons(files: Mapping[str, Callable[[Path], None]], key: str) -> None:
    """Draws the buttons in a row, or as many rows as they need; a ZIP stands out.

    In lecture mode there are none, nor anything else that would be drawn and hidden.
    """
    if presents():
        return
    row = st.container(horizontal=True)
    for name, write in files.items():
        whole = name.endswith(".zip")
        download_button(
            "Everything (ZIP)" if whole else name,
            write,
            name,
            f"{key}_{'zip' if whole else name}",
            row,
            type="primary" if whole else "secondary",
        )


def reproduce(experiment: Experiment) -> None:
    """Offers to show how to run the experiment in a terminal, and with nothing but torch.

    Browsers take a second to load what colours the code, so none is there before it is asked for.
    """
    if presents():
        return
    section = st.expander("The same run from the command line", key="reproduce", on_change="rerun")
    if not section.open:
        return
    with section:
        st.code(experiment.command_line(), language="bash", wrap_lines=True)
        try:
            script = standalone_script(experiment)
        except ScriptError as error:
            st.caption(f"{capitalise(str(error))}.")
            return
        st.markdown(
            "**Check it without Memory Lab**: the same task and settings with PyTorch's own "
            "modules, in one file that needs only PyTorch."
        )
        st.download_button(
            "check_memory.py",
            script,
            "check_memory.py",
            "text/x-python",
            key="script",
            on_click="ignore",
        )
        expander = st.expander("Read it here", key="script_read", on_change="rerun")
        if expander.open:
            shown = script if len(script) < 20_000 else script[:20_000] + "\n…"
            # Wrapped: the keyboard cannot scroll a block of code sideways.
            expander.code(shown, language="python", wrap_lines=True)
