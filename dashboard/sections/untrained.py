"""What stands above the empty plot: whose settings these are, and what training them would show."""

from __future__ import annotations

import streamlit as st

from dashboard.sections.claims.published import side_by_side, title, variant
from models.experiment import Experiment
from models.published import PUBLISHED


def untrained(experiment: Experiment) -> None:
    """Says that nothing has been trained with these settings; those of a paper come with what it
    found, beside what was found here."""
    result = next((one for one in PUBLISHED.values() if experiment in one.experiments), None)
    if result is None:
        text = "**Nothing has been trained with these settings yet.** Press Train: the plot fills "
        st.info(f"{text}while the models learn.", icon=":material/play_circle:")
        return
    st.info(
        f"**The settings of a published result: {title(result)}{variant(result, experiment)}.** "
        "Press Train to repeat it here; how long that takes stands beside the button.",
        icon=":material/menu_book:",
    )
    with st.expander("The paper's numbers, and what came of it here before", expanded=True):
        side_by_side(result)
