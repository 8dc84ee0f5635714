"""The sidebar and the address hold the same experiment."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.sidebar.address import check_of, usable
from dashboard.sidebar.controls import NAMED, address_of
from models.experiment import Experiment
from models.experiment.experiment import SETTINGS
from models.experiment.presets import PRESETS
from models.settings import spec
from models.tasks import TASKS
from tests.dashboard import pages

ODD = Experiment(
    task="recall:classes=8,distractors=same",
    cells=("gru:bias=chrono,init=pytorch", "rnn:init=identity"),
    lengths=(7, 33, 90),
    seeds=2,
    first_seed=11,
    steps=60,
    hidden_size=9,
    match="parameters",
    batch_size=12,
    training_batches=5,
    learning_rate=(0.0035, 0.02),
    optimiser="rmsprop:decay=0.85,momentum=0.5",
    schedule="cosine",
    clip=0.0,
    clip_by="value",
    truncate=40,
    evaluate_every=7,
    held_out=99,
    test_lengths=(12, 44),
    keep_weights="all",
    device="cpu",
)
"""Differs from the default in every setting."""


def address(experiment: Experiment) -> dict[str, Any]:
    """The parameters of an address, written by hand from the experiment."""
    values = asdict(experiment)
    for setting, registry in NAMED.items():
        named, options = spec.parse(setting, values[setting], registry)
        values |= {setting: named.name}
        values |= {f"{named.name}_{name}": value for name, value in options.items()}
    return {
        name: [str(item) for item in value] if isinstance(value, (tuple, list)) else str(value)
        for name, value in values.items()
    }


@pytest.mark.parametrize("first", ["views/the_way_back.py", "views/inside_the_cell.py"])
def test_a_page_without_the_sidebar_may_be_the_first(race: AppTest, first: str) -> None:
    race.run()
    fresh = pages.app()
    fresh.switch_page(first).run()
    fresh.switch_page("views/race.py").run()
    assert not fresh.exception
    assert pages.experiment(fresh) == pages.experiment(race)


def test_an_old_address_of_adding_is_todays_criterion_and_an_old_result_keeps_its_own(
    race: AppTest,
) -> None:
    page = opened(race, {"task": "adding"})
    assert not page.warning
    assert pages.experiment(page).task == "adding:tolerance=0.08"
    assert "right within 0.08" in "\n".join(text.value for text in page.markdown)
    old = Experiment.from_results({"task": "adding"})
    assert address_of(old)["adding_tolerance"] == "0.04"


def opened(page: AppTest, parameters: dict[str, Any]) -> AppTest:
    for name, value in parameters.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def test_the_odd_experiment_leaves_no_setting_at_its_default() -> None:
    default = Experiment()
    for field in fields(Experiment):
        assert getattr(ODD, field.name) != getattr(default, field.name), field.name


@pytest.mark.parametrize("name", ["odd", *PRESETS])
def test_an_address_opens_its_experiment(race: AppTest, name: str) -> None:
    experiment = ODD if name == "odd" else PRESETS[name].experiment
    page = opened(race, address(experiment))
    assert pages.experiment(page) == experiment
    assert not pages.warnings(page)


@pytest.mark.parametrize("name", PRESETS)
def test_the_address_after_a_preset_opens_the_same_preset(race: AppTest, name: str) -> None:
    page = race.run().button(key=f"preset_{name}").click().run()
    copied = dict(page.query_params)
    again = pages.app()
    assert pages.experiment(opened(again, copied)) == PRESETS[name].experiment


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("task", "nonsense"),
        ("recall_classes", "3"),
        ("cells", ["rnn", "lstm:bias=7"]),
        ("lengths", ["20", "x"]),
        ("lengths", ["1"]),
        ("seeds", "0"),
        ("seeds", "many"),
        ("steps", "-5"),
        ("match", "luck"),
        ("hidden_size", "2.5"),
        ("batch_size", "0"),
        ("learning_rate", ["-1"]),
        ("learning_rate", ["nan"]),
        ("optimiser", "luck"),
        ("rmsprop_decay", "2"),
        ("schedule", "rising"),
        ("clip", "-0.5"),
        ("clip_by", "hand"),
        ("truncate", "-1"),
        ("evaluate_every", "0"),
        ("held_out", "none"),
        ("test_lengths", ["2"]),
        ("first_seed", "-1"),
        ("device", "tpu"),
        ("seeds", ["1", "2"]),
        ("seeds", "1_0"),
        ("hidden_size", "100000"),
        ("lengths", ["²"]),
        ("clip", "1e400"),
        ("clip", ""),
    ],
)
def test_a_bad_value_gives_way_to_the_default_and_is_reported(
    race: AppTest, parameter: str, value: str | list[str]
) -> None:
    given = {parameter: value, "held_out": "99"} if parameter != "held_out" else {parameter: value}
    owners = {"recall_classes": ("task", "recall"), "rmsprop_decay": ("optimiser", "rmsprop")}
    owner: dict[str, Any] = dict([owners[parameter]]) if parameter in owners else {}
    page = opened(race, {**given, **owner})
    expected = Experiment(
        **owner,
        held_out=256 if parameter == "held_out" else 99,
    )
    assert pages.experiment(page) == expected
    (message,) = pages.warnings(page)
    assert message.startswith(f"{parameter}=")
    assert "cannot be used" in message
    assert "\n" not in message
    assert parameter not in page.query_params


def test_what_the_address_says_is_shown_as_it_is_and_does_nothing(race: AppTest) -> None:
    evil = "[Train](https://evil.example) ![](https://evil.example/x.png) <script>"
    page = opened(race, {"cells": ["rnn", evil], "[x](https://evil.example)": "1"})
    messages = "".join(pages.warnings(page))
    assert len(pages.warnings(page)) == 2
    assert r"\[Train\]" in messages
    assert not re.search(r"(?<!\\)[\[\]()<>!]|://", messages.replace("&cells=…", ""))


def test_a_parameter_that_nothing_uses_is_named(race: AppTest) -> None:
    page = opened(race, {"length": "50", "recall_classes": "8", "seeds": "2"})
    (message,) = pages.warnings(page)
    assert message == r"The address has unknown parameters: length\, recall\_classes"
    assert pages.experiment(page) == Experiment(seeds=2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("seeds", text) for text in ("1001", "0", "1_0", "١٢", "²", " 12 ", "1e3", "2.0", "+1")),
        *(("steps", text) for text in ("9" * 30, "9" * 5000, "", "-1", "0x10", "nan")),
        *(("lengths", text) for text in ("9", "100001", "²", "1 0", "20\n")),
        *(("learning_rate", text) for text in ("infinity", "nan", "1_0", "0", "101", "1e-400")),
        *(("clip", text) for text in ("1e400", "-1", "", "1,5", "٣")),
        *(("device", text) for text in ("tpu", "CPU", "")),
        *(("cells", text) for text in ("", "rnn:gain=١", "lstm:bias")),
    ],
    ids=lambda text: ascii(text[:10]),
)
def test_texts_that_cannot_be_used(name: str, text: str) -> None:
    assert not usable(
        [text], check_of(SETTINGS[name], "temporal_order"), several=SETTINGS[name].several
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("seeds", "1000"), ("seeds", "007"), ("clip", "1e3"), ("clip", ".5"), ("lengths", "10")],
)
def test_texts_that_can_be_used_unless_there_are_several_for_one(name: str, text: str) -> None:
    check, several = check_of(SETTINGS[name], "temporal_order"), SETTINGS[name].several
    assert usable([text], check, several=several)
    assert usable([text, text], check, several=several) == several


def test_a_number_widget_has_the_bounds_of_the_experiment(race: AppTest) -> None:
    page = race.run()
    for one in SETTINGS.values():
        if one.bounds and not one.several:
            widget = page.number_input(key=one.name)
            assert (widget.min, widget.max) == one.bounds, one.name


@pytest.mark.parametrize("typed", ["1_0", "²"])
def test_a_length_that_is_typed_and_is_none_is_refused(race: AppTest, typed: str) -> None:
    page = race.run()
    page.multiselect(key="lengths").set_value([typed]).run()
    assert not page.exception
    (error,) = [error.value for error in page.error if "cannot be run" in error.value]
    assert "lengths has" in error


def test_several_bad_values_are_all_reported(race: AppTest) -> None:
    page = opened(race, {"seeds": "x", "clip": "y", "cells": ["z"]})
    assert len(pages.warnings(page)) == 3
    assert pages.experiment(page) == Experiment()


def test_settings_with_which_nothing_can_be_learnt_say_so(race: AppTest) -> None:
    page = opened(race, {"cells": ["rnn:norm=batch"], "batch_size": "1"})
    assert not page.exception
    assert any("leaves no gradient" in error.value for error in page.error)
    assert page.button(key="train").disabled


def test_settings_that_cannot_be_run_say_so_and_train_is_off(race: AppTest) -> None:
    page = race.run()
    page.multiselect(key="cells").set_value([]).run()
    assert any("cells is empty" in error.value for error in page.error)
    assert page.button(key="train").disabled


def test_another_task_brings_its_own_lengths(race: AppTest) -> None:
    page = race.run().selectbox(key="task").set_value("digits").run()
    assert pages.experiment(page).lengths == TASKS["digits"].lengths
    assert not page.error


def test_an_address_with_a_task_alone_has_lengths_that_suit_it(race: AppTest) -> None:
    page = opened(race, {"task": "digits"})
    assert pages.experiment(page).lengths == TASKS["digits"].lengths
    assert not page.error


def test_lengths_that_are_another_tasks_default_are_in_the_address() -> None:
    experiment = Experiment(task="copy")
    assert address_of(experiment) == {"task": "copy", "lengths": ["20", "50", "100", "200"]}
    assert address_of(replace(experiment, lengths=TASKS["copy"].lengths)) == {"task": "copy"}


def test_a_task_option_is_a_control(race: AppTest) -> None:
    page = race.run().selectbox(key="temporal_order_symbols").set_value("3").run()
    assert pages.experiment(page).task == "temporal_order:symbols=3"
