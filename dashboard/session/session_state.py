"""What one visitor's session keeps between two drawings of a page: every key, with its type.

Streamlit keeps a widget's value under the widget's key. Keys that only their own widget uses stand
there; all that are read or written elsewhere stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import streamlit as st

from dashboard.session.run_tables import Reader
from models.experiment import Experiment

T = TypeVar("T")


@dataclass(frozen=True)
class Key(Generic[T]):
    """One value of the session, which may be missing."""

    name: str
    """Under which Streamlit keeps it; of a widget, its ``key``."""

    @overload
    def get(self) -> T | None: ...
    @overload
    def get(self, missing: T) -> T: ...
    def get(self, missing: T | None = None) -> T | None:
        """The value, or ``missing`` where there is none."""
        value: T | None = st.session_state.get(self.name, missing)
        return value

    def set(self, value: T) -> None:
        """Of a widget: before it is drawn, as in a callback."""
        st.session_state[self.name] = value

    def take(self) -> T | None:
        """The value, which is forgotten; None where there is none."""
        value: T | None = st.session_state.pop(self.name, None)
        return value


# The visitor, and the run on show
VISITOR_SECRET = Key[str]("visitor_secret")
READER = Key[Reader]("reader")
"""Reads the run on show."""
UNKNOWN_RUN = Key[str]("unknown_run")
"""Which run the address asks for that the store does not have."""
REFUSED = Key[str]("refused")
"""Why the last press of Train, Resume or Stop could not be followed."""

# The sidebar
EXPERIMENT = Key[Experiment]("settings_kept")
"""What the sidebar said last."""
ADDRESS_SEEN = Key[bool]("address_seen")
"""Whether what the address says has been taken over."""
ADDRESS_MESSAGES = Key[list[str]]("address_messages")
"""What in the address could not be used."""
ADDRESS_RESETS = Key[dict[str, Any]]("address_resets")
"""Defaults that take the place of it, by the setting's name."""


def widget(name: str) -> Key[Any]:
    """The widget of a setting of the experiment, or of a task's option, ``<task>_<option>``."""
    return Key(name)


# Race
def guess(cell: str) -> Key[str]:
    """The widget with the guessed memory span of a cell."""
    return Key(f"guess_{cell}")


# Gradient flow
FLOW_RUN = Key[str]("flow_run")
"""The run that was shown last: another one is watched while it trains."""
FLOW_VIEW = Key[str]("flow_view")
"""Widget: before training, or during it."""
FLOW_CELL = Key[str]("flow_cell")
"""Widget: the cell of the heat map."""
INITIAL_STATE = Key[str]("initial_state")
"""Widget: the state whose gradient is shown."""


def trial(cell: str, option: str) -> Key[Any]:
    """The widget of an option of the one more cell to try."""
    return Key(f"trial_{cell}_{option}")


# Inside the cell
INSIDE_SOURCE = Key[str]("inside_source")
"""Widget: the run or the recorded example that is looked into."""
INSIDE_RUN = Key[str]("inside_seen")
"""The run on show that was chosen last: another one is chosen when it comes."""
OPERATION = Key[str]("inside_operation")
"""The operation that was pressed last."""
INTERVENTION = Key[dict[str, Any]]("inside_free")
"""The intervention of the free form."""

# Runs
RUNS_SHOWN = Key[int]("runs_shown")
"""How many runs are listed."""
UNCHANGED = Key[str]("run_unchanged")
"""Why the last press of Pin or Delete did nothing."""
UPLOADS = Key[int]("uploads")
"""How many uploads were opened: a new widget takes each one's place."""
