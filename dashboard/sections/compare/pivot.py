"""The pivot of runs that are compared: one setting by another."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from models.analysis.compared_spans import Summarised, Value, axes, pivot
from models.analysis.words import capitalise, join_words

VALUES: list[Value] = ["memory span", "remember", "solved"]
TITLES: dict[Value, str] = {
    "memory span": "memory span",
    "remember": "how many remember",
    "solved": "how many solved it",
}


def pivot_table(runs: Sequence[Summarised]) -> None:
    """Draws the choice of rows, columns and value, and the table."""
    st.header("One setting by another", anchor=False)
    with st.container(horizontal=True):
        value = st.selectbox(
            "In the table", VALUES, key="pivot", bind="query-params", format_func=_title
        )
        offered = axes(runs, value)
        rows = _axis("Rows", offered, len(offered) - 1)
        columns = _axis("Columns", offered, 0) if len(offered) > 1 else ""
    table = pivot(runs, rows, columns, value).rename(columns={"": _title(value)})
    by = join_words([rows, *([columns] if columns else [])])
    st.dataframe(table, height="content", alt=f"{_title(value)} by {by}")
    st.caption("Runs that are trained alike count as one, and a model that several have once.")
    if others := [name for name in offered if name not in (rows, columns)]:
        left = join_words([name.lower() for name in others])
        st.caption(f"Each place holds all models of its row and column, whatever their {left}.")


def _axis(label: str, offered: Sequence[str], index: int) -> str:
    return st.selectbox(
        label, offered, index=index, key=f"pivot_{label.lower()}", bind="query-params"
    )


def _title(value: Value) -> str:
    return capitalise(TITLES[value])
