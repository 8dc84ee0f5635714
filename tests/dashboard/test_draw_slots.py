"""Pages that wait for the same thing do not wait for each other's turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.components import charts
from dashboard.scheduling import draw_slots
from dashboard.sections.at_initialisation import answers
from models.experiment import Experiment
from models.service.questions import ask

VISITORS = 3 * draw_slots.AT_ONCE
TINY = Experiment(cells=("rnn",), lengths=(10,), seeds=1, hidden_size=4, batch_size=4)


def at_once(look: Callable[[], object]) -> list[object]:
    """What many visitors see who look at the same page at the same time."""
    seen: list[object] = []

    def visit() -> None:
        with draw_slots.draw_slot():
            seen.append(look())

    threads = [threading.Thread(target=visit, daemon=True) for _ in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return seen


def somebody_else_can_draw() -> bool:
    """Whether a turn is to be had, soon."""
    drawn = threading.Event()

    def draw() -> None:
        with draw_slots.draw_slot():
            drawn.set()

    threading.Thread(target=draw, daemon=True).start()
    return drawn.wait(5)


def test_a_picture_is_made_once_for_all_who_want_it() -> None:
    made: list[bool] = []

    def make() -> str:
        time.sleep(0.2)
        made.append(somebody_else_can_draw())
        return "a picture"

    seen = at_once(lambda: charts.cached("test of turns", "picture", (), make))
    assert seen == ["a picture"] * VISITORS
    assert made == [True]


def test_a_question_is_asked_once_for_all_who_ask_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def slow(name: str, arguments: dict[str, Any]) -> Any:
        time.sleep(0.2)
        asked.append(somebody_else_can_draw())
        return ask(name, arguments)

    monkeypatch.setattr(answers, "scheduler", lambda: SimpleNamespace(ask=slow))
    seen = at_once(lambda: len(answers.at_initialisation(TINY, 10).gradients))
    assert seen == [10] * VISITORS
    assert asked == [True]


def test_no_more_than_a_few_draw_at_once_but_for_those_that_wait() -> None:
    drawing, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(draw_slots.AT_ONCE, timeout=30)

    def draw() -> None:
        with lock:
            drawing[0] += 1
            most[0] = max(most[0], drawing[0])
        together.wait()  # so many have a turn
        with lock:
            drawing[0] -= 1
        with draw_slots.released():
            time.sleep(0.05)

    assert len(at_once(draw)) == VISITORS
    assert most[0] == draw_slots.AT_ONCE


def test_who_came_first_goes_first_even_after_having_left() -> None:
    line = draw_slots.FairSemaphore(1)
    line.enter(0)
    called: list[int] = []

    def wait(number: int) -> None:
        line.enter(number)
        called.append(number)
        line.leave()

    threads = [threading.Thread(target=wait, args=(number,), daemon=True) for number in (3, 1, 2)]
    for thread in threads:
        thread.start()
    while line.waiting < len(threads):
        time.sleep(0.01)
    line.leave()
    for thread in threads:
        thread.join(5)
    assert called == [1, 2, 3]


def test_what_is_there_already_is_shown_without_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    charts.cached("test of turns", "number", (), lambda: 7)
    monkeypatch.setattr(draw_slots, "picture_slot", lambda: pytest.fail("it was waited for"))
    assert charts.cached("test of turns", "number", (), lambda: 8) == 7


def test_only_what_was_asked_for_last_is_kept() -> None:
    def number(place: int, made: int) -> int:
        return charts.cached("test of turns", "many", (place,), lambda: made)

    for place in range(charts.KEPT):
        number(place, made=place)
    assert number(0, made=-1) == 0
    assert number(charts.KEPT, made=-1) == -1
    assert number(0, made=-1) == 0
    assert number(1, made=-1) == -1
