"""Lessons: what may stand in one, what a bad file gets to hear, and a lesson as a link."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from models.lessons import LESSONS, Lesson, LessonError, LessonStep, file_of
from models.lessons.lesson import MAX_ADDRESS, MAX_STEPS, MAX_TEXT
from models.lessons.link import BEGINNING, MAX_CHARACTERS, as_parameter, from_parameter
from models.lessons.reading import MAX_BYTES, read_lesson

STEP = {"address": "/gradient_flow?story=clipping&seeds=2&seeds=3", "text": "Look at this."}
GOOD: dict[str, Any] = {"title": "A lesson", "steps": [STEP]}


def refused(name: str, content: str | bytes, **options: Any) -> str:
    with pytest.raises(LessonError) as caught:
        read_lesson(name, content.encode() if isinstance(content, str) else content, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_of_the_project_has_five_to_eight_steps(name: str) -> None:
    assert 5 <= len(LESSONS[name].steps) <= 8


def test_a_step_names_a_page_and_its_settings() -> None:
    (step,) = Lesson.from_mapping(GOOD).steps
    assert step.page == "gradient_flow"
    assert step.parameters == {"story": ["clipping"], "seeds": ["2", "3"]}


def test_the_same_lesson_is_read_from_toml_and_from_json() -> None:
    toml = """
title = "A lesson"
[[steps]]
address = "/gradient_flow?story=clipping&seeds=2&seeds=3"
text = "Look at this."
"""
    read = read_lesson("one.toml", toml.encode())
    assert read == read_lesson("ONE.JSON", json.dumps(GOOD).encode()) == Lesson.from_mapping(GOOD)


def test_an_address_says_nothing_of_a_lesson_or_of_lecture_mode() -> None:
    address = "/?task=adding&lesson=gates&step=3&present=yes&plot=norm"
    made = Lesson.from_mapping({**GOOD, "steps": [{**STEP, "address": address}]})
    assert made.steps[0].address == "/?task=adding&plot=norm"


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/",
        "http://localhost:8501/?task=adding",
        "//example.org/",
        "/\\example.org",
        "javascript:alert(1)",
        "/gradient_flow#top",
        "/../gradient_flow",
        "/gradient_flow/",
        "/gradient flow",
        "?task=add ing",
        "mailto:somebody@example.org",
    ],
)
def test_only_addresses_of_this_dashboard_are_possible(address: str) -> None:
    content = json.dumps({**GOOD, "steps": [STEP, {**STEP, "address": address}]}, indent=1)
    message = refused("lesson.json", content)
    assert "the address of step 2" in message
    assert "none of this dashboard" in message


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('title = "A"\n\n[[steps]\n', 3, "not TOML"),
        ('title = "A"\n[[steps]]\nadress = "/"\ntext = "a"\n', 3, "step 1 has 'adress'"),
        ('title = "A"\n[[steps]]\naddress = "/"\n', 3, "step 1 has no text"),
        ('title = "A"\n[[steps]]\naddress = "//x"\ntext = "a"\n', 3, "the address of step 1"),
        ('title = "A"\n[[steps]]\naddress = "/none"\ntext = "a"\n', 3, "no page here: there are"),
    ],
)
def test_a_bad_file_is_told_where_it_is_bad(content: str, line: int, says: str) -> None:
    message = refused("lesson.toml", content, pages=("", "runs"))
    assert f"line {line}" in message
    assert says in message


def test_a_mistake_in_json_is_told_with_its_line() -> None:
    assert "line 3" in refused("lesson.json", '{"title": "A",\n "steps": [\n}')


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "must be a table"),
        ({"title": "A"}, "the lesson has no steps"),
        ({"title": "A", "steps": []}, "the lesson has no steps"),
        ({"title": "A", "steps": "all"}, "the lesson has no steps"),
        ({"title": 3, "steps": [STEP]}, "title is 3"),
        ({"title": " ", "steps": [STEP]}, "title is empty"),
        ({"title": "A", "steps": [STEP, "/"]}, "step 2 is '/'"),
        ({"title": "A", "steps": [STEP] * (MAX_STEPS + 1)}, f"at most {MAX_STEPS}"),
        ({"title": "A" * (MAX_TEXT + 1), "steps": [STEP]}, f"at most {MAX_TEXT}"),
        (
            {"title": "A", "steps": [{**STEP, "address": "/?" + "a" * MAX_ADDRESS}]},
            f"at most {MAX_ADDRESS}",
        ),
    ],
)
def test_what_is_no_lesson_is_refused(values: Any, says: str) -> None:
    with pytest.raises(LessonError, match=says.replace("(", r"\(")):
        Lesson.from_mapping(values)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not a text in UTF-8"),
        (b"a" * (MAX_BYTES + 1), f"at most {MAX_BYTES}"),
        (b"a = " + b"[" * 5000, "TOML"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, says: str) -> None:
    assert says in refused("lesson.toml", content)


def test_deeply_nested_json_is_refused() -> None:
    assert "nested too deeply" in refused("lesson.json", "[" * 20_000)


@pytest.mark.parametrize("name", LESSONS)
def test_a_link_holds_the_whole_lesson(name: str) -> None:
    parameter = as_parameter(LESSONS[name])
    assert parameter.startswith(BEGINNING)
    assert from_parameter(parameter) == LESSONS[name]


def test_a_lesson_too_long_for_a_link_is_refused() -> None:
    steps = [LessonStep(f"/?seeds={n}", str(hash((n, "a")))) for n in range(300)]
    with pytest.raises(LessonError, match="too long for an address"):
        as_parameter(Lesson("A", tuple(steps)))


def packed(text: bytes) -> str:
    return BEGINNING + base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


@pytest.mark.parametrize(
    "parameter",
    [
        BEGINNING,
        BEGINNING + "A",
        BEGINNING + "%",
        BEGINNING + "A" * (MAX_CHARACTERS + 1),
        packed(b"{}")[:-4],
        packed(b"\xff"),
        packed(b"not JSON"),
        packed(b" " * 1_000_000),
    ],
    ids=lambda text: text[:12],
)
def test_a_damaged_link_is_refused(parameter: str) -> None:
    with pytest.raises(LessonError, match="damaged"):
        from_parameter(parameter)


def test_a_link_is_held_to_what_a_file_is() -> None:
    bad = {**GOOD, "steps": [{**STEP, "address": "https://example.org"}]}
    with pytest.raises(LessonError, match="none of this dashboard"):
        from_parameter(packed(json.dumps(bad).encode()))


def test_the_files_of_the_lessons_are_there_to_begin_with() -> None:
    for name, lesson in LESSONS.items():
        assert read_lesson(f"{name}.toml", file_of(name).read_bytes()) == lesson
