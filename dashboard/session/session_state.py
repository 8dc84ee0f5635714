"""What one visitor's session keeps between two drawings of a page: every key, with its type.

Streamlit keeps a widget's value under the widget's key. Keys that only their own widget uses stand
there; all that are read or written elsewhere stand here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import streamlit as st

from dashboard.session.run_tables import Reader
from models.analysis.memory_game import Game
from models.analysis.remedies import Outcome, Trial
from models.diagnostics.way_back.settings import WalkSettings
from models.experiment import Experiment
from models.publishing.figures.sheet import Origin

T = TypeVar("T")


@dataclass(frozen=True)
class Key(Generic[T]):
    """One value of the session, which may be missing."""

    name: str
    """The name under which Streamlit keeps the value; of a widget, its ``key``."""

    @overload
    def get(self) -> T | None: ...
    @overload
    def get(self, missing: T) -> T: ...
    def get(self, missing: T | None = None) -> T | None:
        """The value, or ``missing`` where there is none."""
        value: T | None = st.session_state.get(self.name, missing)
        return value

    def set(self, value: T) -> None:
        """Sets the value; that of a widget before it is drawn, as in a callback."""
        st.session_state[self.name] = value

    def take(self) -> T | None:
        """Removes the value and returns it; None where there is none."""
        value: T | None = st.session_state.pop(self.name, None)
        return value


# The visitor, and the run on show
VISITOR_SECRET = Key[str]("visitor_secret")
"""The secret that the visitor's cookie has."""
READER = Key[Reader]("reader")
"""The reader of the run on show."""
UNKNOWN_RUN = Key[str]("unknown_run")
"""The run that the address asks for and the store does not have."""
REFUSED = Key[str]("refused")
"""Why the last press of Train, Resume or Stop was refused."""

# The sidebar
EXPERIMENT = Key[Experiment]("settings_kept")
"""The last experiment that the sidebar was set to, or that was shown since."""
SIDEBAR_PAGE = Key[str]("sidebar_page")
"""The page that the sidebar was drawn on the last time."""
PAGE_SEEN = Key[str]("page_seen")
"""The page that was drawn last, by its name in the address."""
ADDRESS_SEEN = Key[bool]("address_seen")
"""Whether the first address of this session has been taken over."""
ADDRESS_MESSAGES = Key[list[str]]("address_messages")
"""Messages about the settings in the address that could not be used."""


def widget(name: str) -> Key[Any]:
    """The widget of a setting of the experiment, or of a task's option, ``<task>_<option>``."""
    return Key(name)


# Lecture mode
BEFORE_LESSON = Key[tuple[Experiment | None, str | None]]("before_lesson")
"""The settings and the id of the run that were on show when a lesson was opened."""
LESSON_SEEN = Key[tuple[str, int]]("lesson_seen")
"""The lesson and the number of the step that was opened last."""
PRESENTED = Key[tuple[str, ...]]("presented")
"""The keys of the charts that are presented; empty where the page is shown as usual."""

# Plots
ORIGIN = Key[Origin]("origin")
"""Where the numbers of the page's plots come from, for the files that they are downloaded as."""

# Race
GUESSING = Key[bool]("guessing")
"""Whether the visitor guesses, and nothing that gives the answer away is shown."""
WHY = Key[str]("why")
"""Widget: the cell and the length whose failure is asked about, as ``question.as_text``."""
ANSWERED = Key[str]("answered")
"""The question "Why did it fail?" whose answer was last moved to."""
MOVE_TO = Key[str]("move_to")
"""What to scroll to, as a CSS selector, once the page is drawn again."""
TRIAL = Key[Trial]("remedy_tried")
"""The remedy that was tried last, and what there was before."""
OUTCOME = Key[Outcome]("remedy_outcome")
"""What came of it, for who went back from its run to what failed; none while that trained."""
TRIAL_FROM = Key[str]("remedy_tried_from")
"""The run whose failed cell it is for; none where that was a recorded example."""


def guess(cell: str) -> Key[str]:
    """The widget with the guessed memory span of a cell."""
    return Key(f"guess_{cell}")


# Gradient flow
FLOW_RUN = Key[str]("flow_run")
"""The run on show the last time: for another one the view changes to During training."""
FLOW_VIEW = Key[str]("flow_view")
"""Widget: the view, at initialisation or during training."""
FLOW_CELL = Key[str]("flow_cell")
"""Widget: the cell of the heat map."""
FLOW_LENGTH = Key[int]("flow_length")
"""Widget: the sequence length of all figures during training."""
INITIAL_LENGTH = Key[int]("initial_length")
"""Widget: the sequence length at initialisation."""
INITIAL_STATE = Key[str]("initial_state")
"""Widget: the state whose gradient is shown."""
STORY_MOVED = Key[bool]("story_moved")
"""Whether a step of a story was pressed, and the page has not been drawn since."""
STORY_STEP = Key[int]("story_step_seen")
"""Which step of its story the page was set to last, from 0."""


# Claims
CLAIM = Key[str]("claim_open")
"""The name of the claim on show; empty where the table of all is."""
CLAIM_EXPERIMENT = Key[int]("claim_experiment")
"""Widget: which of the claim's experiments the sidebar was set to, from 0."""
CLAIM_RUNS = Key[tuple[str, ...]]("claim_runs")
"""The runs that were on show while the claim was."""


def form_option(form: str, cell: str, option: str) -> Key[Any]:
    """The widget of a cell's option in one of the forms for a cell."""
    return Key(f"{form}_{cell}_{option}")


# The way back
WALK = Key[WalkSettings]("walk")
"""The walk that the page was set to last."""


def walk_widget(name: str) -> Key[Any]:
    """The widget of a setting of the walk."""
    return Key(f"walk_{name}")


# Inside the cell
INSIDE_SOURCE = Key[str]("inside_source")
"""Widget: the run or recorded example whose models are shown."""
INSIDE_RUN = Key[str]("inside_seen")
"""The run on show that was chosen last: another one is chosen as soon as it is on show."""
GATE_PLAYER = Key[Mapping[str, Any]]("gate_player")
"""Component: what walks through the sequence; ``typed`` is a sequence that was just changed."""
QR_PLACE = Key[dict[str, str]]("qr_place")
"""Unit and step, as the address has them, that were on show when a QR code was asked for."""
INSIDE_GOOD = Key[str]("inside_good")
"""The last typed text that was a sequence of the task."""


def typed_sequence(task: str, steps: int) -> Key[str]:
    """The widget with the sequence that the visitor types for a task with so many steps."""
    return Key(f"inside_typed_{task}_{steps}")


OPERATION = Key[str]("inside_operation")
"""The name of the operation whose button was pressed last."""
INTERVENTION = Key[dict[str, Any]]("inside_free")
"""The intervention of the visitor's own operation."""

# Your memory
GAME_TASK = Key[str]("game_task")
"""Widget: the name of the task that the visitor does."""
GAME_SEED = Key[int]("game_seed")
"""Widget: the seed of the sequences."""
GAME_SECONDS = Key[float]("game_seconds")
"""Widget: the seconds of a symbol."""
GAME_MESSAGES = Key[list[str]]("game_messages")
"""Messages about what the address had that could not be used."""
PLAYED = Key[tuple[Game, tuple[str, ...]]]("played")
"""The last game that was played, with its answers."""

# Runs
RUNS_SHOWN = Key[int]("runs_shown")
"""How many runs the Runs page lists."""
LISTED_RUNS = Key[tuple[Sequence[str], int]]("listed_runs")
"""The ids that the list is to hold again when the page draws itself anew, and how many runs were
wanted."""
UNCHANGED = Key[str]("run_unchanged")
"""Why the last change of a run had no effect."""
SELECTED_RUNS = Key[tuple[str, ...]]("selected_runs")
"""The ids of the runs that are selected."""
DELETED_RUNS = Key[tuple[str, ...]]("deleted_runs")
"""The ids of the runs that were deleted last."""
RUN_TABLE = Key[int]("run_table_drawn")
"""Grows whenever the table of runs is to forget what was edited in it."""
RUN_EDITS = Key[dict[str, dict[int, dict[str, Any]]]]("run_edits")
"""The edits that are stored already: by the key of the table, row and column."""


def run_table_widget(name: str) -> Key[Any]:
    """The table of runs, by its key, or a column of buttons in it."""
    return Key(name)


UPLOADS = Key[int]("uploads")
"""How many uploads were opened; each one's widget is replaced by a new one."""
