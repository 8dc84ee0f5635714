"""The Lessons page: lessons to start in lecture mode, and a place for one's own."""

from __future__ import annotations

import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.lecture_bar import start_link
from dashboard.session.lecture import PAGES, PLOTS, address_of_lesson
from models.analysis.words import count
from models.lessons import LESSONS, NAMES, Lesson, LessonError, file_of
from models.lessons.lesson import MAX_STEPS, MAX_TEXT
from models.lessons.link import as_parameter
from models.lessons.reading import read_lesson

FIRST_LINES = 3
"""How many steps of a lesson are listed by their text."""


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("Lessons: step by step in front of a class", anchor=False)
    st.markdown(
        "A lesson leads through pages of the dashboard, one plot and one line of text at a time, "
        "in large type for a projector. Go on with **→** or **Page Down**, back with **←** or "
        "**Page Up**; **Space** plays what can be played, **Escape** leaves. On a phone tap Next. "
        "Nothing has to be trained first."
    )
    for name, lesson in LESSONS.items():
        _lesson(name, lesson)
    _own_lesson()
    scheduler()


def _lesson(parameter: str, lesson: Lesson) -> None:
    """Draws a lesson with its first lines, and the link that starts it."""
    st.header(escape_markdown(lesson.title, most=MAX_TEXT), anchor=False)
    lines = [escape_markdown(step.text, most=MAX_TEXT) for step in lesson.steps[:FIRST_LINES]]
    more = len(lesson.steps) - len(lines)
    st.markdown("\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1)))
    if more > 0:
        st.caption(f"and {count(more, 'more step')}")
    start_link(parameter, lesson)


def _own_lesson() -> None:
    """Draws the place for a file with a lesson, and what it has."""
    st.header("Your own lesson", anchor=False)
    st.markdown(
        "Write a small file, in TOML or JSON: a title, and for each step an address of this "
        f"dashboard and one line of text, at most {MAX_STEPS} steps. Set a page as you want it, "
        "and copy what its address has behind the host. Behind a page's settings, `plot=` chooses "
        "another plot than the first of these:"
    )
    st.markdown(
        "\n".join(
            f"- `/{page}`: {', '.join(f'`plot={plot}`' for plot in plots)}"
            for page, plots in PLOTS.items()
            if len(plots) > 1
        )
    )
    example = file_of(NAMES[0])
    st.download_button(
        "An example to begin with",
        example.read_bytes(),
        "lesson.toml",
        "application/toml",
        key="lesson_example",
        icon=":material/download:",
        on_click="ignore",
    )
    file = st.file_uploader("A lesson in TOML or JSON", type=["toml", "json"], key="own_lesson")
    if file is None:
        return
    try:
        lesson = read_lesson(file.name, file.getvalue(), PAGES)
        parameter = as_parameter(lesson)
    except LessonError as error:
        st.error(f"Not opened: {escape_markdown(str(error), most=600)}.")
        return
    _lesson(parameter, lesson)
    if st.button("Make a link to this lesson", key="lesson_link", icon=":material/link:"):
        st.code(address_of_lesson(parameter, lesson), language=None, wrap_lines=True)
        st.caption("The lesson is in the link itself: whoever has the link has the lesson.")


page()
