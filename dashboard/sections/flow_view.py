"""What the Gradient flow page shows of its experiment, as the address has it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from dashboard.figures.style import in_order
from dashboard.sections.at_initialisation.view import PATHS
from dashboard.session.session_state import (
    FLOW_CELL,
    FLOW_LENGTH,
    FLOW_VIEW,
    INITIAL_LENGTH,
    INITIAL_STATE,
)
from dashboard.sidebar.address import refusal
from models.experiment import Experiment
from models.stories.story import Step

VIEWS = {"initialisation": "At initialisation", "training": "During training"}
"""The views by their name in the address, as the page names them."""
STATES = {"h": "h", "c": "c", "both": PATHS}
"""The states by their name in the address, as the page names them."""


@dataclass(frozen=True)
class FlowView:
    """One of the two views, with the choices in it. Each field is a parameter of the address."""

    view: str
    """A key of VIEWS."""
    length: int
    """The sequence length of the figures."""
    state: str
    """A key of STATES: whose gradient is shown at initialisation."""
    cell: str
    """The cell of the heat maps during training."""

    @classmethod
    def usual(cls, experiment: Experiment) -> FlowView:
        """What is shown where nobody has chosen anything."""
        cells = in_order(experiment.cells)
        return cls("initialisation", experiment.lengths[-1], "h", cells[0])

    @classmethod
    def of_step(cls, step: Step, experiment: Experiment) -> FlowView:
        """What a step of a story shows."""
        return cls(step.view, step.length, step.states, step.cell or experiment.cells[0])

    @classmethod
    def current(cls, experiment: Experiment) -> FlowView:
        """What the page is set to; the usual where it is set to what the experiment has not."""
        usual = cls.usual(experiment)
        view, state = _key(VIEWS, FLOW_VIEW.get()), _key(STATES, INITIAL_STATE.get())
        length = (FLOW_LENGTH if view == "training" else INITIAL_LENGTH).get()
        return cls(
            view or usual.view,
            length if length in experiment.lengths else usual.length,
            state or usual.state,
            cell if (cell := FLOW_CELL.get("")) in experiment.cells else usual.cell,
        )

    def show(self) -> None:
        """Sets the page to it; call it before the widgets are drawn."""
        FLOW_VIEW.set(VIEWS[self.view])
        FLOW_LENGTH.set(self.length)
        INITIAL_LENGTH.set(self.length)
        INITIAL_STATE.set(STATES[self.state])
        FLOW_CELL.set(self.cell)

    def parameters(self, usual: FlowView) -> dict[str, str]:
        """The parameters of the address that lead from what is usual here to this."""
        without_effect = "cell" if self.view == "initialisation" else "state"
        return {
            name: str(value)
            for name, value in vars(self).items()
            if value != getattr(usual, name) and name != without_effect
        }


PARAMETERS = tuple(field.name for field in fields(FlowView))


def view_of_address(usual: FlowView, experiment: Experiment) -> tuple[FlowView, list[str]]:
    """What the address asks for, and messages about what it asks for that cannot be shown."""
    offered: dict[str, list[Any]] = {
        "view": list(VIEWS),
        "length": list(experiment.lengths),
        "state": list(STATES),
        "cell": list(experiment.cells),
    }
    found, messages = usual, []
    for name, choices in offered.items():
        if (given := st.query_params.get(name)) is None:
            continue
        texts = [str(choice) for choice in choices]
        if given in texts:
            found = replace(found, **{name: choices[texts.index(given)]})
        else:
            messages.append(refusal(name, [given], str(getattr(usual, name))))
    return found, messages


def _key(words: dict[str, str], word: str | None) -> str:
    return next((key for key, one in words.items() if one == word), "")
