"""Whatever stands in the address: it is used, or there is one clear line about it."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.components.markdown import MOST, NAMED, SIGNS, WORD_JOINER, escape_markdown
from dashboard.sidebar.address import check_of, refusal, unknown, usable, values_of
from models.cells import CELLS
from models.experiment import Experiment, ExperimentError
from models.experiment.experiment import SETTINGS
from tests.properties.generated import assert_clear, on
from tests.properties.strategies import NUMERALS, nearly_specs, noise

NAMES = tuple(name for name in SETTINGS if name not in ("task", "optimiser"))

fitting = st.sampled_from(["1", "20", "100", "0.01", "1e-3", "auto", "parameters", "all", "gru"])
numerals = st.one_of(st.sampled_from(NUMERALS), st.integers().map(str), st.floats().map(repr))
texts = st.one_of(fitting, fitting, numerals, nearly_specs(CELLS), noise)
addresses = st.dictionaries(
    st.sampled_from(NAMES), st.lists(texts, min_size=1, max_size=3), min_size=1, max_size=2
)


def used(name: str, given: list[str]) -> Any:
    """As the widgets of the sidebar pass it on."""
    values = values_of(SETTINGS[name], given)
    return values if SETTINGS[name].several else values[0]


@on("addresses")
@given(addresses, st.sampled_from(["temporal_order", "copy", "digits"]))
@example({"seeds": ["1_0"]}, "copy")
@example({"seeds": ["1", "2"]}, "copy")
@example({"lengths": ["²"]}, "copy")
def test_every_parameter_is_used_or_reported(address: dict[str, list[str]], task: str) -> None:
    values: dict[str, Any] = {"task": task, "lengths": [64]}
    for name, given_texts in address.items():
        setting = SETTINGS[name]
        if usable(given_texts, check_of(setting, task), several=setting.several):
            values[name] = used(name, given_texts)
            continue
        instead = list(map(str, setting.default)) if setting.several else str(setting.default)
        message = refusal(name, given_texts, instead)
        assert message.startswith(f"{name}=")
        assert "cannot be used" in message
        assert "\n" not in message
        assert len(message) < 1000
    try:
        experiment = Experiment.from_mapping(values)
    except ExperimentError as error:
        # What each text alone may be can be too much of together, or twice the same.
        assert_clear(error, of="twice|models: at most|match=parameters")
    else:
        for name in address:
            if name in values and not SETTINGS[name].several:
                assert getattr(experiment, name) == values[name]


def shown(markdown: str) -> str:
    """What CommonMark shows of a text in which every sign is escaped."""
    return re.sub(r"\\(.)", r"\1", markdown)


@on("texts")
@given(st.one_of(noise, st.text(st.sampled_from("[]()!<>*_`:/.@#&;wh tps\\\n-"), max_size=40)))
def test_an_escaped_text_is_shown_and_has_no_markup(text: str) -> None:
    markdown = escape_markdown(text)
    assert not SIGNS.search(re.sub(r"\\.", "", markdown))
    assert markdown.replace(WORD_JOINER, "").isprintable()
    seen = shown(markdown)
    assert not re.search(r"://[^\u2060]|www\.|@\w", seen)
    assert not NAMED.search(seen)
    as_it_was = "".join(one if one.isprintable() else " " for one in text)
    if len(text) <= MOST and WORD_JOINER not in text:
        assert seen.replace(WORD_JOINER, "") == " ".join(as_it_was.split())
    assert len(seen.replace(WORD_JOINER, "")) <= MOST + 1


@on("unknown parameters")
@given(st.lists(st.one_of(noise, st.sampled_from([*NAMES, "run", "length"])), max_size=5))
def test_parameters_that_nothing_uses_are_reported(names: list[str]) -> None:
    message = unknown(names, NAMES)
    others = set(names) - {*NAMES, "run"}
    assert bool(message) == bool(others)
    assert "\n" not in message
    assert len(message) < 1000
