"""What a visitor can take home: the tables, the command line, the standalone script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.measured import Tables
from models.experiment import Experiment
from models.results.files import Results, csv_tables, zip_bytes
from models.script import ScriptError, standalone_script


def table_downloads(run: str, tables: Tables, results: Callable[[], Results], key: str) -> None:
    """A button for each CSV, and one for all of them with the experiment as a ZIP.

    ``results`` is asked for only when one is pressed.
    """
    names = [f"{name}.csv" for name, rows in vars(tables).items() if len(rows)]
    columns = st.columns(len(names) + 1)
    columns[0].download_button(
        "Everything (ZIP)",
        lambda: zip_bytes(results()),
        f"{run}.zip",
        "application/zip",
        key=f"{key}_zip",
        on_click="ignore",
        type="primary",
        width="stretch",
    )
    for column, name in zip(columns[1:], names, strict=True):
        column.download_button(
            name,
            partial(_csv, results, name),
            name,
            "text/csv",
            key=f"{key}_{name}",
            on_click="ignore",
            width="stretch",
        )


def _csv(results: Callable[[], Results], name: str) -> bytes:
    return csv_tables(results())[name]


def reproduce(experiment: Experiment) -> None:
    """The same experiment in a terminal, and with nothing but torch."""
    st.markdown("**The same run from the command line**")
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
    with st.expander("Read it here"):
        st.code(script if len(script) < 20_000 else script[:20_000] + "\n…", language="python")
