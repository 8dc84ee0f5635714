"""Spec texts: a registered name with its options."""

from __future__ import annotations

from typing import Any

import pytest

from models.cells import CELLS, make_cell
from models.settings.spec import SpecError, canonical, from_results, parse
from models.tasks import TASKS


def test_options_that_are_not_given_have_their_defaults() -> None:
    registered, chosen = parse("cell", "gru:init=pytorch", CELLS)
    assert registered is CELLS["gru"]
    assert chosen == {"bias": "1", "init": "pytorch", "gain": "1", "norm": "none", "gamma": "1"}


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("lstm", "lstm"),
        ("lstm:bias=1", "lstm"),
        (" gru:init=identity , bias=chrono ", "gru:bias=chrono,init=identity"),
        ("rnn:init=orthogonal", "rnn"),
        ("lstm:", "lstm"),
        ("rnn:gain=1.50", "rnn:gain=1.5"),
        ("rnn:gain=1.0", "rnn"),
        ("rnn:gain=9e-1", "rnn:gain=0.9"),
        ("rnn:gain=0.33333333333", "rnn:gain=0.333333"),
        ("rnn:omega=-0", "rnn"),
        ("\tlstm:\u00a0bias = chrono,,\n", "lstm:bias=chrono"),
        ("gru:gamma=0.10,norm=batch", "gru:gamma=0.1,norm=batch"),
    ],
)
def test_the_canonical_text_leaves_defaults_out_and_sorts_the_rest(
    text: str, shortest: str
) -> None:
    assert canonical("cell", text, CELLS) == shortest
    assert canonical("cell", shortest, CELLS) == shortest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("transformer", "unknown cell 'transformer': choose from rnn, lstm, gru"),
        ("", "unknown cell ''"),
        ("lstm:bias", "write options as name=value, not 'bias'"),
        ("rnn:bias=1", "'rnn' has no option 'bias'"),
        ("lstm:bias=7", "bias=7 is not offered, choose from 1, 0, chrono"),
        ("lstm:bias=1,bias=0", "'bias' is given twice"),
        ("rnn:gain=5", "gain=5 is not offered, give a number from 0.1 to 3"),
        ("rnn:gain=much", "gain=much is not offered, give a number from 0.1 to 3"),
        ("rnn:gain=nan", "gain=nan is not offered, give a number from 0.1 to 3"),
        ("lstm:gamma=0.1", "'lstm:gamma=0.1': gamma is for norm=layer or norm=batch"),
        ("rnn:gain=1_0", "gain=1_0 is not offered"),
        ("rnn:gain=١", "gain=١ is not offered"),
        ("rnn:omega=infinity", "omega=infinity is not offered"),
        ("rnn:omega=1e400", "omega=1e400 is not offered, give a number from 0 to 100"),
        ("lstm:bias==1", "bias==1 is not offered"),
        pytest.param("x" * 10**6, "unknown cell 'x{60}…': choose", id="megabyte"),
        ("lstm:bias=a\n\0", r"bias=a.n.x00 is not offered"),
        (7, "cell is 7: expected a text, such as rnn"),
        (None, "cell is None: expected a text"),
        ("gru:omega=2", "'gru' has no option 'omega'"),
    ],
)
def test_bad_texts_say_what_would_be_right(text: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message.replace("'", ".")):
        make_cell(text)


@pytest.mark.parametrize(
    ("given", "today", "of_an_old_result"),
    [
        ("adding", "adding:tolerance=0.08", "adding:tolerance=0.04"),
        (" adding: ", "adding:tolerance=0.08", "adding:tolerance=0.04"),
        (
            "adding:targets=every",
            "adding:targets=every,tolerance=0.08",
            "adding:targets=every,tolerance=0.04",
        ),
        ("adding:tolerance=0.08", "adding:tolerance=0.08", "adding:tolerance=0.08"),
        ("recall:classes=8", "recall:classes=8", "recall:classes=8"),
    ],
)
def test_an_option_that_results_do_not_name_has_the_value_that_they_were_made_with(
    given: str, today: str, of_an_old_result: str
) -> None:
    assert canonical("task", given, TASKS) == today
    assert from_results("task", given, TASKS) == of_an_old_result


@pytest.mark.parametrize(
    "text", ["", "chess", "adding:tolerance", "adding:colour=red", "=1+1", ":"]
)
def test_a_text_in_results_that_is_no_spec_is_returned_as_it_is(text: str) -> None:
    assert from_results("task", text, TASKS) == text
