"""The result table: a row for each cell and length, formatted for people."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from models.analysis.glossary import GLOSSARY
from models.analysis.paired import differences_in_words, readable_differences
from models.analysis.words import number
from models.cells import cell_label

TERMS = {"95% interval": "interval", "chance": "chance line"}
"""The columns that are explained in the glossary under another name."""
FORMATS = {
    "accuracy": "%.3f",
    "chance": "%.3f",
    "learning rate": "%g",
    "steps to solve": "%d",
}


def show_table(table: pd.DataFrame) -> None:
    """Draws a table of ``readable``, with columns as wide as their contents."""
    columns = {
        name: st.column_config.NumberColumn(format=FORMATS[name], help=_explained(name))
        if name in FORMATS
        else st.column_config.Column(help=_explained(name))
        for name in map(str, table)
    }
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config={**columns, "cell": st.column_config.TextColumn(width="medium")},
    )


def show_differences(differences: pd.DataFrame) -> None:
    """Draws the table of ``models.analysis.paired``, where there are enough seeds."""
    shown = readable_differences(differences)
    if len(shown):
        st.caption(f"{differences_in_words(differences)}.")
        st.dataframe(
            shown.assign(cell=shown["cell"].map(cell_label)), hide_index=True, width="stretch"
        )


def _explained(column: str) -> str | None:
    return GLOSSARY.get(TERMS.get(column, column))


def readable(results: pd.DataFrame) -> pd.DataFrame:
    """The table of ``models.analysis.statistics.result_table``, formatted for people."""
    intervals = zip(results["low"], results["high"], strict=True)
    solved = zip(results["solved"], results["seeds"], strict=True)
    return pd.DataFrame(
        {
            "cell": results["cell"].map(cell_label),
            "length": results["length"],
            "accuracy": results["mean"],
            "95% interval": [
                "" if pd.isna(low) else f"{low:.3f}–{high:.3f}" for low, high in intervals
            ],
            "chance": results["chance_accuracy"],
            "loss": results["mean_loss"].map(number),
            "solved": [f"{count} of {seeds}" for count, seeds in solved],
            "steps to solve": results["steps_to_solve"],
            "diverged": results["diverged"],
            "learning rate": results["learning_rate"],
        }
    )
