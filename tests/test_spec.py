"""Spec texts: a registered name with its options."""

from __future__ import annotations

import pytest

from models.cells import CELLS, make_cell
from models.spec import SpecError, canonical, parse


def test_options_that_are_not_told_have_their_defaults() -> None:
    described, chosen = parse("cell", "lstm:init=pytorch", CELLS)
    assert described is CELLS["lstm"]
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
        ("gru:omega=2", "'gru' has no option 'omega'"),
    ],
)
def test_bad_texts_say_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message.replace("'", ".")):
        make_cell(text)
