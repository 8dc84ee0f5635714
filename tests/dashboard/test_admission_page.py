"""What may be trained: shown beside Train, and enforced after the press."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.sections.inside import model_choice
from models.experiment import Experiment
from models.store import Store
from tests.dashboard import pages

INSIDE = Path(__file__).resolve().parents[2] / "dashboard" / "views" / "inside_the_cell.py"
Configure = Callable[..., None]


def refusals(page: AppTest) -> list[str]:
    assert not page.exception
    message = [error.value for error in page.error if "This experiment takes" in error.value]
    return [text.replace("\\", "") for text in message]


def not_started(page: AppTest) -> str:
    assert not page.exception
    (message,) = [text for text in pages.warnings(page) if text.startswith("Not started")]
    return message.replace("\\", "")


def costs(page: AppTest) -> str:
    (message,) = [one.value for one in page.caption if one.value.startswith("about")]
    return message


def press(page: AppTest, steps: int) -> AppTest:
    """Train, of an experiment that differs by its optimiser steps."""
    page.number_input(key="steps").set_value(steps).run()
    page.button(key="train").click().run()
    assert not page.exception
    return page


def test_what_it_takes_stands_beside_train_and_follows_the_settings(race: AppTest) -> None:
    page = race.run()
    before = costs(page)
    assert re.fullmatch(r"about [\d.]+ (s|min|h), [\d.]+ [MG]B", before)
    page.number_input(key="steps").set_value(10).run()
    assert costs(page) != before


@pytest.mark.parametrize(
    ("limit", "setting", "value", "unit"),
    [
        ({"minutes": "30"}, "steps", 100_000, "min"),
        ({"megabytes": "900"}, "batch_size", 2000, "MB"),
    ],
)
def test_above_a_limit_it_says_what_to_lower_and_train_is_off(
    race: AppTest,
    store: Store,
    configured: Configure,
    limit: dict[str, str],
    setting: str,
    value: int,
    unit: str,
) -> None:
    configured(**{"minutes": "0", "megabytes": "100000"} | limit)
    page = race.run()
    assert not refusals(page)
    page.number_input(key=setting).set_value(value).run()
    (message,) = refusals(page)
    assert re.search(rf"on this machine, above the limit of [\d.]+ {unit}: ", message)
    assert page.button(key="train").disabled
    assert not re.search(r"about [\d.]+ (s|min|h)", pages.captions(page))
    lower = re.search(rf"lower the (?:optimiser )?{setting.replace('_', ' ')} to (\d+)", message)
    assert lower, message
    page.number_input(key=setting).set_value(int(lower[1])).run()
    assert not refusals(page)
    assert not page.button(key="train").disabled
    assert not store.count()


def test_without_limits_everything_may_be_trained(race: AppTest, configured: Configure) -> None:
    configured(minutes="0", megabytes="100000000")
    page = race.run().number_input(key="steps").set_value(1_000_000).run()
    assert not refusals(page)
    assert not page.button(key="train").disabled


def test_what_was_allowed_when_the_page_was_drawn_is_looked_at_again_after_the_press(
    race: AppTest, store: Store, configured: Configure
) -> None:
    page = race.run()
    configured(minutes="0.01")
    page.button(key="train").click().run()
    assert "above the limit of 1 s" in not_started(page)
    assert not store.count()
    assert "run" not in page.query_params


def test_one_visitor_has_one_run_in_training_and_some_that_wait(
    race: AppTest, store: Store, configured: Configure
) -> None:
    configured(waiting="2")
    page = race.run()
    for steps in (10, 20, 30):
        press(page, steps)
    assert [run.experiment.steps for run in store.runs()] == [30, 20, 10]
    last = page.query_params["run"]
    message = not_started(press(page, 40))
    assert "you have 3 runs training or waiting, and at most 2 may wait" in message
    assert store.count() == 3
    assert page.query_params["run"] == last, "what was on show still is"
    store.finish(store.runs()[-1].id, "stopped")
    assert not [text for text in pages.warnings(press(page, 40)) if "Not started" in text]
    assert store.runs()[0].experiment.steps == 40


def test_the_whole_queue_has_an_end(race: AppTest, store: Store, configured: Configure) -> None:
    configured(queue="2")
    for visitor in ("anna", "boris"):
        store.create(Experiment(), visitor)
    page = press(race.run(), 10)
    assert "the queue is full (2 runs)" in not_started(page)
    assert store.count() == 2
    store.begin(store.runs()[0].id, {"kernels": "compiled 1"}, "a trainer")
    press(page, 10)
    assert store.count() == 3


def test_a_run_is_resumed_only_where_there_is_room(
    race: AppTest, store: Store, configured: Configure
) -> None:
    configured(queue="1")
    run = store.create(Experiment(steps=10))
    store.finish(run, "interrupted", "its trainer is gone")
    race.query_params["run"] = run
    page = race.run()
    store.create(Experiment(), "anna")
    page.button(key="resume").click().run()
    assert "the queue is full (1 run)" in not_started(page)
    assert store.run(run).status == "interrupted"


def test_the_press_inside_the_cell_is_held_as_well(
    store: Store, configured: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_choice, "_presets", dict)
    configured(minutes="0.01")
    page = AppTest.from_file(str(INSIDE), default_timeout=60).run()
    page.button(key="inside_train").click().run()
    assert "above the limit" in not_started(page)
    assert not store.count()


def test_a_run_tells_its_place_in_the_queue_and_when_it_starts(race: AppTest, store: Store) -> None:
    store.create(Experiment(steps=1000), "anna")
    page = press(race.run(), 10)
    (progress,) = page.get("progress")
    assert "place 2 in the queue, starts in about " in progress.proto.text
    first = store.runs()[-1].id
    store.finish(first, "stopped")
    (progress,) = page.run().get("progress")
    assert "about to start" in progress.proto.text
