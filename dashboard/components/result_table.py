"""The result table: a row for each cell and length, formatted for people."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from models.cells import cell_label

FORMATS = {
    "accuracy": "%.3f",
    "chance": "%.3f",
    "loss": "%.3g",
    "learning rate": "%g",
    "steps to solve": "%d",
}


def show_table(table: pd.DataFrame) -> None:
    """Draws a table of ``readable``, with columns as wide as their contents."""
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in FORMATS.items()}
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config={**columns, "cell": st.column_config.TextColumn(width="medium")},
    )


def readable(results: pd.DataFrame) -> pd.DataFrame:
    """The table of ``models.analysis.statistics.result_table``, formatted for people."""
    intervals = zip(results["low"], results["high"], strict=True)
    solved = zip(results["solved"], results["seeds"], strict=True)
    return pd.DataFrame(
        {
            "cell": results["cell"].map(cell_label),
            "length": results["length"],
            "accuracy": results["mean"],
            "95 % interval": [
                "" if pd.isna(low) else f"{low:.3f}–{high:.3f}" for low, high in intervals
            ],
            "chance": results["chance_accuracy"],
            "loss": results["mean_loss"],
            "solved": [f"{count} of {seeds}" for count, seeds in solved],
            "steps to solve": results["steps_to_solve"],
            "diverged": results["diverged"],
            "learning rate": results["learning_rate"],
        }
    )
