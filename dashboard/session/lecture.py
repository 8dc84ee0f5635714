"""Where the visitor is in a lesson, and which plots are presented: all from the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dashboard.session.session_state import PRESENTED
from models.lessons import LESSONS, Lesson, LessonError, LessonStep
from models.lessons.link import BEGINNING, from_parameter
from models.lessons.reading import check_pages
from models.settings.quoting import quoted
from models.settings.strict import whole_number

Parameters = dict[str, str | list[str]]
"""The parameters of an address."""

FIRST_PAGE = "race"
VIEWS = Path(__file__).parents[1] / "views"
PAGES: dict[str, str] = {
    file.stem.replace(FIRST_PAGE, ""): f"views/{file.name}"
    for file in sorted(VIEWS.glob("[!_]*.py"))
}
"""The file of each page by its name in the address, which is empty for the first page."""

PLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "": {
        "accuracy": ("accuracy",),
        **{
            name: (name,)
            for name in ("profile", "learning", "norm", "generalisation", "learning_rates")
        },
    },
    "gradient_flow": {
        "gradient": ("initial_h", "initial_c", "heat_map_h", "heat_map_c"),
        "profile": ("profile_replay",),
        "left": ("diagnostic_left",),
        "right": ("diagnostic_right",),
        **{name: (name,) for name in ("predicted", "norm", "learning", "symbols", "horizons")},
    },
    "the_way_back": {"walk": ("walk",)},
    "your_memory": {"game": ("memory_game", "your_span")},
    "inside_the_cell": {
        name: (f"inside_{name}",)
        for name in ("map", "lines", "diagram", "constants", "selectivity", "probe", "ablation")
    },
}
"""What can be presented of each page, by the name in ``plot=`` of the address: the keys of charts,
of which the page draws those that it has at the time. The first is the page's main plot."""

REPLAY = "replay"
"""The parameter that opens a recorded run at its first step, where it is ``start``."""
KEPT = ("lesson", "step", "present", "plot", REPLAY)
"""Parameters of the address that stay when a page writes its settings there."""


@dataclass(frozen=True)
class LessonPlace:
    """A step of a lesson that the address asks for."""

    parameter: str
    """The lesson as the address has it: a name, or a lesson of somebody's own."""
    lesson: Lesson
    number: int
    """The number of the step, from 1."""

    @property
    def step(self) -> LessonStep:
        return self.lesson.steps[self.number - 1]

    def moved(self, by: int) -> LessonPlace | None:
        """The place so many steps further on; None beyond the ends of the lesson."""
        number = self.number + by
        if not 1 <= number <= len(self.lesson.steps):
            return None
        return LessonPlace(self.parameter, self.lesson, number)

    @property
    def parameters(self) -> Parameters:
        """The parameters of the step's address, which is presented."""
        return {**self.step.parameters, "lesson": self.parameter, "step": str(self.number)}


def lesson_place() -> LessonPlace | None:
    """The place that the address asks for; None where it names no lesson.

    Raises LessonError where it names one that there is not; a step that there is not gives way to
    the nearest one.
    """
    parameter = st.query_params.get("lesson")
    if parameter is None:
        return None
    if parameter.startswith(BEGINNING):
        lesson = from_parameter(parameter)
        check_pages(lesson, PAGES)
    elif parameter in LESSONS:
        lesson = LESSONS[parameter]
    else:
        raise LessonError(f"there is no lesson {quoted(parameter)}")
    try:
        number = whole_number(st.query_params.get("step", "1"))
    except ValueError:
        number = 1
    return LessonPlace(parameter, lesson, min(max(number, 1), len(lesson.steps)))


def leave_lesson() -> None:
    """Takes the lesson out of the address."""
    for name in ("lesson", "step"):
        st.query_params.pop(name, None)


def in_lesson() -> bool:
    """Whether the address is that of a step of a lesson."""
    return "lesson" in st.query_params


def wants_presentation() -> bool:
    """Whether the address asks for lecture mode, as that of a lesson does."""
    return in_lesson() or st.query_params.get("present") == "yes"


def replays_from_the_start() -> bool:
    """Whether the address asks for a recorded run at its first step."""
    return st.query_params.get(REPLAY) == "start"


def present(page: str) -> str:
    """Chooses what is presented of this page; returns a message on what cannot be, if anything."""
    if not wants_presentation() or page not in PLOTS:
        PRESENTED.set(())
        return ""
    offered = PLOTS[page]
    wanted = st.query_params.get("plot", next(iter(offered)))
    PRESENTED.set(offered.get(wanted, next(iter(offered.values()))))
    if wanted in offered:
        return ""
    return f"plot={quoted(wanted)} cannot be presented: this page has {', '.join(offered)}."


def presents() -> bool:
    """Whether the page is presented."""
    return bool(PRESENTED.get(()))


def shows(*charts: str) -> bool:
    """Whether any of the charts with these keys is drawn: while the page is presented, few are."""
    return not presents() or any(chart in PRESENTED.get(()) for chart in charts)


def kept_parameters() -> Parameters:
    """What the address says of lesson and presentation."""
    return {name: st.query_params[name] for name in KEPT if name in st.query_params}


def address_for_the_class(more: Mapping[str, str]) -> str:
    """The address of what is on show, as the visitor's browser reaches it.

    ``more`` are parameters that only the browser knows. It presents the step of a lesson, and any
    other page as usual.
    """
    left_out = ("present",) if in_lesson() else ("present", "plot")
    shown: Parameters = {
        name: st.query_params.get_all(name) for name in st.query_params if name not in left_out
    }
    return _url(st.context.url or "", {**shown, **more})


def address_of_lesson(parameter: str, lesson: Lesson) -> str:
    """The address of a lesson's first step, seen from the page Lessons."""
    first = LessonPlace(parameter, lesson, 1)
    root = (st.context.url or "").removesuffix("lessons")
    return _url(root + first.step.page, first.parameters)


def _url(page: str, parameters: Parameters) -> str:
    return f"{page}?{urlencode(parameters, doseq=True)}" if parameters else page
