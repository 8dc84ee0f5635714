"""Lecture mode: the line of a lesson's step, and the way through the lesson."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.link_button import link_button
from dashboard.components.markdown import escape_markdown
from dashboard.components.qr_code import qr_code
from dashboard.session import current_run, lecture
from dashboard.session.lecture import PAGES, LessonPlace
from dashboard.session.session_state import (
    ADDRESS_SEEN,
    BEFORE_LESSON,
    EXPERIMENT,
    LESSON_SEEN,
    QR_PLACE,
    SIDEBAR_PAGE,
)
from models.experiment import Experiment
from models.lessons import Lesson, LessonError
from models.lessons.lesson import MAX_TEXT

STYLE = Path(__file__).parents[1] / "lecture.css"
LEAVE = ":material/close_fullscreen:"


def lecture_bar(page: str) -> None:
    """Draws what stands above a page of this name: a lesson's step, and the button to present it.

    Where the address asks for a step of a lesson that is on another page, that page is opened.
    """
    messages = []
    try:
        place = _follow(page)
    except LessonError as error:
        _leave_lesson()
        place = None
        messages.append(f"{error}. The page Lessons has those that there are.")
    messages.append(lecture.present(page))
    presents = lecture.presents()
    if presents:
        st.html(STYLE)
    if place or page in lecture.PLOTS:
        key = "lecture" if place or presents else "present_here"
        with st.container(horizontal=True, vertical_alignment="center", key=key):
            if place:
                _step(place)
            if page in lecture.PLOTS:
                _buttons(presents=presents)
    for message in filter(None, messages):
        st.warning(escape_markdown(message, most=600), icon=":material/link_off:")


def start_link(parameter: str, lesson: Lesson) -> None:
    """Draws the link that opens a lesson at its first step."""
    start = LessonPlace(parameter, lesson, 1)
    link_button(
        "Start the lesson",
        PAGES[start.step.page],
        parameter[:20],
        parameters=start.parameters,
        icon=":material/play_arrow:",
    )


def _follow(page: str) -> LessonPlace | None:
    """The step on show. What its page shows is set by its address where it has just come on show.

    Who goes to another page by the navigation leaves the lesson.
    """
    place = lecture.lesson_place()
    if place is None:
        _leave_lesson()
        return None
    seen = place.parameter, place.number
    arrived = LESSON_SEEN.get() != seen
    if not LESSON_SEEN.get():
        BEFORE_LESSON.set((EXPERIMENT.get(), current_run.shown_id()))
    if place.step.page != page:
        if arrived:
            st.switch_page(PAGES[place.step.page], query_params=place.parameters)
        _leave_lesson()
        return None
    if arrived:
        LESSON_SEEN.set(seen)
        ADDRESS_SEEN.take()
        if not set(st.query_params) - set(lecture.KEPT):
            st.query_params.update(place.step.parameters)
    return place


def _leave_lesson() -> None:
    """Takes the lesson out of the address, and shows again what was on show before it.

    A run that was trained within the lesson stays on show.
    """
    lecture.leave_lesson()
    if LESSON_SEEN.take() is None or (before := BEFORE_LESSON.take()) is None:
        return
    experiment, run = before
    if run:
        current_run.look_at(run)
    elif not current_run.shown_id():
        EXPERIMENT.set(experiment or Experiment())
    SIDEBAR_PAGE.set("")  # so that its widgets are set anew, on the lesson's own page as well


def _step(place: LessonPlace) -> None:
    number = f"**{place.number} of {len(place.lesson.steps)}**"
    text = escape_markdown(place.step.text, most=MAX_TEXT)
    with st.container(key="lesson_text", width="stretch"):
        st.markdown(f"{number} · {text}")
    for by, label, icon in ((-1, "Back", "arrow_back"), (1, "Next", "arrow_forward")):
        with st.container(key=f"lesson_{label.lower()}", width="content"):
            if there := place.moved(by):
                st.page_link(
                    PAGES[there.step.page],
                    label=label,
                    icon=f":material/{icon}:",
                    query_params=there.parameters,
                )
            else:
                st.button(label, icon=f":material/{icon}:", key=f"no_{label}", disabled=True)
    if not place.moved(1):
        with st.container(key="lesson_end", width="content"):
            st.page_link(PAGES["lessons"], label="End", icon=":material/done:")


def _buttons(*, presents: bool) -> None:
    """Draws the buttons of lecture mode, or the one that begins it."""
    place = QR_PLACE.take()
    if not presents:
        st.button("Present", icon=":material/present_to_all:", key="present", on_click=_present)
        return
    pressed = st.button("QR code for the class", icon=":material/qr_code_2:", key="qr_code")
    if pressed or place:
        qr_code(lecture.address_for_the_class(place or {}))
    if lecture.in_lesson():
        with st.container(key="leave", width="content"):
            st.page_link(PAGES["lessons"], label="Leave", icon=LEAVE)
    else:
        with st.container(key="lessons", width="content"):
            st.page_link(PAGES["lessons"], label="Lessons", icon=":material/co_present:")
        st.button("Leave", icon=LEAVE, key="leave", on_click=_leave)


def _present() -> None:
    st.query_params["present"] = "yes"


def _leave() -> None:
    st.query_params.pop("present", None)
