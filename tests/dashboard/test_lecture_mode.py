"""Lecture mode and lessons: what the address asks for, and what the page makes of it."""

from __future__ import annotations

import json
import zipfile
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.markdown import escape_markdown
from dashboard.session import lecture, recorded_examples
from dashboard.session.session_state import EXPERIMENT
from dashboard.sidebar.controls import address_of
from models.experiment.presets import PRESETS
from models.lessons import LESSONS, Lesson, LessonStep
from models.lessons.link import as_parameter, from_parameter
from models.stories import STORIES
from models.training.weights import FILE as WEIGHTS
from models.training.weights import from_npz
from tests.dashboard import pages

ROOT = Path(__file__).resolve().parents[2]
OWN = {"title": "Mine", "steps": [{"address": "/?task=adding", "text": "One."}] * 3}


def opened(**address: str) -> AppTest:
    """The app at this address of its first page."""
    page = pages.app()
    page.query_params.update(address)
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    return "\n".join(one.value for one in page.markdown)


def warnings(page: AppTest) -> str:
    return "\n".join(one.value for one in page.warning)


def parameter(page: AppTest, name: str) -> str:
    value = page.query_params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def plots(page: AppTest) -> list[dict[str, Any]]:
    """The figures of the Race page without the task's, which is folded away."""
    return pages.figures(page)[1:]


def lesson_address(page: AppTest) -> dict[str, str]:
    """The parameters of the QR code's address."""
    page.button(key="qr_code").click().run()
    assert not page.exception
    html = [one.proto.body for one in page.get("html")]
    (shown,) = [body for body in html if 'class="qr-address"' in body]
    query = urlsplit(unescape(shown.partition(">")[2].partition("<")[0])).query
    return {name: value for name, (value,) in parse_qs(query).items()}


def clock(page: AppTest) -> dict[str, Any]:
    """What the clock of the page is given."""
    given = (json.loads(one.proto.json) for one in page.main.get("bidi_component"))
    found: dict[str, Any] = next(one for one in given if "fromStart" in one)
    return found


class TestSteps:
    def test_a_step_says_its_line_and_its_number(self) -> None:
        page = opened(lesson="forgetting", step="1")
        assert f"1 of {len(LESSONS['forgetting'].steps)}" in texts(page)
        assert escape_markdown(LESSONS["forgetting"].steps[0].text, most=500) in texts(page)
        assert parameter(page, "lesson") == "forgetting"

    @pytest.mark.parametrize(("step", "shown"), [("99", 3), ("0", 1), ("-1", 1), ("x", 1), ("", 1)])
    def test_a_step_that_there_is_not_gives_way_to_the_nearest(self, step: str, shown: int) -> None:
        page = opened(lesson=as_parameter(Lesson.from_mapping(OWN)), step=step)
        assert f"{shown} of 3" in texts(page)

    def test_a_lesson_that_there_is_not_is_said_and_left(self) -> None:
        page = opened(lesson="no*lesson*", step="2")
        assert r"there is no lesson \'no\*lesson\*\'" in warnings(page)
        assert "lesson" not in page.query_params

    def test_a_damaged_link_is_said_and_the_page_is_there(self) -> None:
        page = opened(lesson="own.AAAA")
        assert "damaged" in warnings(page)
        assert pages.figures(page)

    def test_a_lesson_by_address_sets_the_page(self) -> None:
        page = opened(lesson=as_parameter(Lesson.from_mapping(OWN)), step="2")
        assert "2 of 3" in texts(page)
        assert page.session_state[EXPERIMENT.name].task.startswith("adding")
        assert parameter(page, "task") == "adding"

    def test_settings_in_the_address_count_more_than_those_of_the_step(self) -> None:
        page = opened(lesson=as_parameter(Lesson.from_mapping(OWN)), step="2", task="copy")
        assert page.session_state[EXPERIMENT.name].task.startswith("copy")

    def test_a_page_that_there_is_not_is_said(self) -> None:
        lost = Lesson("Mine", (LessonStep("/nowhere", "One."),))
        assert "no page here" in warnings(opened(lesson=as_parameter(lost)))

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "![a](https://example.org/a.png) [b](https://example.org)",
            "https://example.org :material/home: $x$ **a**",
        ],
    )
    def test_a_text_is_shown_as_text(self, text: str) -> None:
        hostile = Lesson.from_mapping({**OWN, "steps": [{"address": "/", "text": text}]})
        (shown,) = [
            one.value
            for one in opened(lesson=as_parameter(hostile)).markdown
            if "1 of 1" in one.value
        ]
        _, _, line = shown.partition(" · ")
        for sign in "<>[]()!:$*":
            assert line.count(sign) == line.count(f"\\{sign}")
        assert "://" not in line


class TestLessonsArePresented:
    """The address of a step is all that a phone has of the lesson: it came by the QR code."""

    def test_a_step_is_presented_whatever_else_the_address_says(self) -> None:
        page = opened(lesson="forgetting", step="1")
        assert len(plots(page)) == 1
        assert "present" not in [one.key for one in page.button]
        assert not page.code

    def test_the_class_gets_the_step_with_its_plot(self) -> None:
        address = lesson_address(opened(lesson="forgetting", step="7"))
        assert address["lesson"] == "forgetting"
        assert address["step"] == "7"
        assert address["plot"] == "norm"
        assert "present" not in address

    def test_who_leaves_finds_what_was_on_show_before(self) -> None:
        page = opened(task="recall", steps="30")
        before = page.session_state[EXPERIMENT.name]
        page.query_params.clear()
        page.query_params.update({"lesson": as_parameter(Lesson.from_mapping(OWN)), "step": "2"})
        page.run()
        assert page.session_state[EXPERIMENT.name].task.startswith("adding")
        page.query_params.clear()
        page.run()
        assert not page.exception
        assert page.session_state[EXPERIMENT.name] == before
        assert parameter(page, "task") == "recall"

    def test_who_came_by_a_lesson_and_leaves_finds_the_race(self) -> None:
        page = opened(lesson=as_parameter(Lesson.from_mapping(OWN)), step="2")
        page.query_params.clear()
        page.run()
        assert page.session_state[EXPERIMENT.name] == PRESETS["who_remembers"].experiment

    def test_leave_leads_to_the_lessons(self) -> None:
        page = opened(lesson="forgetting", step="1")
        assert "leave" not in [one.key for one in page.button]
        (link,) = [one for one in page.get("page_link") if one.proto.label == "Leave"]
        assert link.proto.page.endswith("lessons")
        assert not link.proto.query_string

    def test_the_clock_opens_at_the_start_where_the_step_asks_for_it(self) -> None:
        assert clock(opened(lesson="forgetting", step="1"))["fromStart"] is True
        assert clock(opened(lesson="gates", step="1"))["fromStart"] is False


class TestPresentation:
    def test_only_the_main_plot_is_drawn(self) -> None:
        usual, presented = opened(), opened(present="yes")
        assert len(plots(usual)) > 1
        assert len(plots(presented)) == 1
        assert parameter(presented, "present") == "yes"

    def test_another_plot_can_be_chosen(self) -> None:
        (figure,) = plots(opened(present="yes", plot="norm"))
        assert "gradient norm" in str(figure["layout"]["yaxis"]["title"])

    def test_a_plot_that_there_is_not_is_said(self) -> None:
        page = opened(present="yes", plot="<b>")
        assert "cannot be presented" in warnings(page)
        assert len(plots(page)) == 1

    def test_the_buttons_begin_and_end_it(self) -> None:
        page = opened()
        page.button(key="present").click().run()
        assert not page.exception
        assert parameter(page, "present") == "yes"
        page.button(key="leave").click().run()
        assert not page.exception
        assert "present" not in page.query_params
        assert len(plots(page)) > 1


class TestOwnLesson:
    def uploaded(self, name: str, content: str) -> AppTest:
        page = pages.app("lessons.py").run()
        file = (name, content.encode(), "application/octet-stream")
        page.file_uploader[0].set_value(file)
        page.run()
        assert not page.exception
        return page

    def test_the_page_lists_every_lesson_with_its_first_lines(self) -> None:
        page = pages.app("lessons.py").run()
        assert not page.exception
        assert {lesson.title for lesson in LESSONS.values()} < {one.value for one in page.header}
        assert all(
            escape_markdown(lesson.steps[0].text, most=500) in texts(page)
            for lesson in LESSONS.values()
        )

    def test_a_file_becomes_a_lesson_and_a_link(self) -> None:
        page = self.uploaded("mine.json", json.dumps(OWN))
        assert "Mine" in {one.value for one in page.header}
        page.button(key="lesson_link").click().run()
        (link,) = [one.value for one in page.code]
        given = {name: value for name, (value,) in parse_qs(urlsplit(link).query).items()}
        assert from_parameter(given["lesson"]) == Lesson.from_mapping(OWN)
        assert "present" not in given, "a lesson is presented in any case"

    def test_a_bad_file_is_told_with_its_line_and_the_page_stays(self) -> None:
        page = self.uploaded("mine.toml", 'title = "A"\n[[steps]]\naddress = "//x"\ntext = "a"\n')
        (error,) = page.error
        assert error.value.startswith("Not opened: line 3")
        assert len(page.header) == len(LESSONS) + 1


def test_the_documentation_names_every_plot() -> None:
    documented = (ROOT / "docs" / "lectures.md").read_text()
    for page, plots in lecture.PLOTS.items():
        names = ", ".join(f"`{name}`" for name in plots)
        assert f"`/{page}` | {names} |" in documented


def weights_of(example: str) -> set[tuple[str, int]]:
    """The cells and lengths of the models whose weights a recorded example has."""
    with zipfile.ZipFile(recorded_examples.path(example)) as archive:
        return {(model.cell, model.length) for model in from_npz(archive.read(WEIGHTS))}


@pytest.mark.parametrize(
    "step",
    [step for lesson in LESSONS.values() for step in lesson.steps],
    ids=lambda step: step.address,
)
def test_no_step_of_a_lesson_waits_for_training(step: LessonStep) -> None:
    given = dict(step.parameters)
    plots = lecture.PLOTS[step.page]
    (plot,) = given.pop("plot", [next(iter(plots))])
    assert plot in plots
    if step.page == "gradient_flow":
        (name,), (number,) = given["story"], given["story_step"]
        story = STORIES[name]
        shown = story.steps[int(number) - 1]
        assert recorded_examples.path(story.presets[shown.preset].name).exists()
    elif step.page == "inside_the_cell":
        (example,), (cell,), (length,) = (given[name] for name in ("recorded", "cell", "length"))
        assert (cell, int(length)) in weights_of(example)
    else:
        given.pop(lecture.REPLAY, None)
        query = urlencode(given, doseq=True)
        addresses = {urlencode(address_of(p.experiment), doseq=True) for p in PRESETS.values()}
        assert query in addresses
