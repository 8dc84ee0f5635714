"""The sequence that the page looks at: a held-out one, the mean over many, or one's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

import streamlit as st

from dashboard.components.gate_player import typed_text
from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.child_processes import ChildError
from dashboard.sections.inside import answers
from dashboard.sections.inside.answers import SEQUENCES, Trace
from dashboard.sections.inside.model_choice import ModelChoice
from dashboard.session.session_state import INSIDE_GOOD, Key, typed_sequence
from models.analysis.words import count
from models.tasks import make_task
from models.tasks.task import SequenceError, Task

ONE, MEAN, TYPED = "One sequence", "Mean of many", "Your own"
EVENTS = {
    "first": "the first informative step",
    "last": "the last informative step",
    "start": "the start",
}
MOST_MARKED = 12
"""Most informative steps that are marked by lines."""
SEQUENCE, ALIGNED, OWN = "sequence", "aligned", "typed"
"""Parameters of the address: number of a held-out sequence, key of EVENTS, typed sequence."""


@dataclass(frozen=True)
class TraceView:
    """A trace on show: of one sequence, or the mean over many that are aligned on an event."""

    trace: Trace
    event: str | None
    """A key of EVENTS; None where the trace is of one sequence."""
    name: str
    """Names the trace among all that charts are kept of."""
    typed: Key[str] | None = None
    """The widget in which the sequence is typed; None where it is not."""
    tokens: tuple[str, ...] | None = None
    """The typed text of each step."""
    note: str = ""
    """What is wrong with the typed text, or what the model answers to it."""

    @property
    def event_words(self) -> str:
        """The event as the time axis names it; empty at the start, where t is 1 anyway."""
        return EVENTS[self.event] if self.event in ("first", "last") else ""

    def marked(self) -> tuple[int, ...]:
        """The steps to mark by lines, counted as on the time axis; none where they are many."""
        steps = (0,) if self.event_words else self.trace.informative()
        return steps if len(steps) <= MOST_MARKED else ()


def choose(chosen: ModelChoice) -> TraceView | None:
    """Draws the controls and returns what is to be seen; None, and why, where there is no answer.

    The choice is in the address.
    """
    asked = st.query_params
    typing = make_task(chosen.experiment.task).typing
    ways = [ONE, MEAN, *([TYPED] if typing else [])]
    first = MEAN if ALIGNED in asked else TYPED if OWN in asked and typing else ONE
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    way = left.segmented_control("Look at", ways, default=first, required=True, key="inside_way")
    try:
        with right:
            if way == TYPED and typing:
                return _own(chosen, typing)
            return _mean(chosen) if way == MEAN else _held_out(chosen)
    except ChildError as error:
        st.error(f"The gates could not be traced: {error}")
        return None


def _held_out(chosen: ModelChoice) -> TraceView:
    asked = st.query_params.get(SEQUENCE, "")
    number: int = st.slider(
        "Held-out sequence",
        1,
        SEQUENCES,
        int(asked) if asked in map(str, range(1, SEQUENCES + 1)) else 1,
        key="inside_sequence",
        persist_state="session",
    )
    _keep_address(SEQUENCE, str(number) if number > 1 else "")
    return TraceView(answers.trace(chosen, number - 1), None, f"inside {chosen.name}, {number - 1}")


def _mean(chosen: ModelChoice) -> TraceView:
    asked = st.query_params.get(ALIGNED)
    event: str = st.selectbox(
        "Aligned on",
        list(EVENTS),
        list(EVENTS).index(asked) if asked in EVENTS else 0,
        key="inside_event",
        format_func=lambda name: EVENTS[name],
    )
    _keep_address(ALIGNED, event)
    return TraceView(answers.trace(chosen, 0, event), event, f"inside {chosen.name}, {event}")


def _own(chosen: ModelChoice, typing: str) -> TraceView:
    """The typed sequence; where it is none, what is wrong with it, and the last one that was.

    One that is too short is filled up with inputs that say nothing, where that makes it one.
    """
    task, length = make_task(chosen.experiment.task), chosen.model.length
    drawn = answers.trace(chosen, 0)
    key = typed_sequence(chosen.experiment.task, chosen.steps)
    if key.get() is None:
        # The address counts on arrival alone: later it may be of another task.
        asked = st.query_params.get(OWN) if INSIDE_GOOD.get() is None else None
        key.set(drawn.text if asked is None else asked)
    text = _typed_text(key, task, typing)
    symbols = bool(task.symbols_at(0, length))
    filled, added = _filled_up(text, drawn, chosen.steps, symbols)
    # Of a text that is too short the problem is what is wrong with it once it is filled up.
    wrong = _problem(task, filled if added else text, length)
    if added and not wrong:
        good = filled
        st.caption(
            f"The model reads {count(chosen.steps, 'input')}: the {chosen.steps - added} typed, "
            f"then {count(added, 'uninformative input')}."
        )
    else:
        # The last one may be of another task, or there is none yet.
        last = INSIDE_GOOD.get("")
        usable = (one for one in (text, last) if not _problem(task, one, length))
        good = next(usable, drawn.text)
    if wrong:
        st.warning(
            f"{escape_markdown(wrong, most=400)} Until then the last whole sequence is shown.",
            icon=":material/edit:",
        )
    INSIDE_GOOD.set(good)
    _keep_address(OWN, text)
    trace = answers.trace(chosen, 0, typed=good)
    tokens = _tokens(text, symbols)
    if len(tokens) != chosen.steps:
        tokens = _tokens(trace.text, symbols)
    right = "right" if trace.right else f"wrong: it is {trace.example and trace.example.answer}"
    note = wrong or f"The model answers {trace.predicted}, which is {right}."
    return TraceView(trace, None, f"inside {chosen.name}, typed {good}", key, tokens, note)


def _typed_text(key: Key[str], task: Task, typing: str) -> str:
    """Draws the field, and a button that swaps the two symbols to remember where there are two."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text: str = st.text_input(
            "Your sequence, then Enter", key=key.name, help=typing, persist_state="session"
        )
        if task.question and len(task.question.symbols) == 2:
            both = task.question.symbols
            swapped = text.translate(str.maketrans(both, both[::-1]))
            st.button(
                f"Swap {both[0]} and {both[1]}",
                key="inside_swap",
                on_click=key.set,
                args=(swapped,),
                disabled=swapped == text,
            )
    return text


def _problem(task: Task, text: str, length: int) -> str:
    """What is wrong with a typed sequence; empty where it is one."""
    try:
        task.typed(text, length)
    except SequenceError as error:
        return str(error)
    return ""


def _filled_up(text: str, drawn: Trace, steps: int, symbols: bool) -> tuple[str, int]:
    """The text with uninformative inputs of a drawn sequence behind it, and how many these are."""
    own, spare = _tokens(text, symbols), _tokens(drawn.text, symbols)
    informative = drawn.informative()
    silent = [token for t, token in enumerate(spare, start=1) if t not in informative]
    added = max(steps - len(own), 0)
    more = islice(cycle(silent), added)
    return ("" if symbols else " ").join([*own, *more]), added


def _tokens(text: str, symbols: bool) -> tuple[str, ...]:
    """The text of each step: a sign where the task's inputs are symbols, else a word."""
    words = text.split()
    return tuple("".join(words) if symbols else words)


def change_typed(key: Key[str] | None) -> None:
    """Takes over the sequence that the visitor has changed step by step."""
    text = typed_text()
    if key and text is not None:
        key.set(text)


def _keep_address(name: str, value: str) -> None:
    """Makes this the address's only parameter of a sequence; none where it is empty."""
    for other in {SEQUENCE, ALIGNED, OWN} & set(st.query_params):
        if other != name or not value:
            del st.query_params[other]
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
