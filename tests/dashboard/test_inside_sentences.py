"""Sentences and equations from numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from dashboard.figures.inside.gate_style import gate_roles
from dashboard.sections.inside.equation import equation
from dashboard.sections.inside.sentences import (
    describe_unit,
    interventions_in_words,
    needed,
    remembered,
    specialised,
)
from models.tasks.task import Example

LSTM, GRU, RNN = gate_roles("lstm"), gate_roles("gru"), gate_roles("rnn")


def filled(template: str, now: dict[str, float], before: float) -> str:
    """The equation with its numbers, as the browser fills it, without tags."""

    def number(slot: re.Match[str]) -> str:
        name = slot[2]
        value = before if name.endswith("-") else now[name.removeprefix("1-")]
        text = f"{1 - value if name.startswith('1-') else value:.{slot[3]}f}"
        return f"({text})" if slot[1] and value < 0 else text

    return re.sub("<[^>]*>", "", re.sub(r"\{(\(?)([\w-]+)\)?:(\d)\}", number, template))


def test_equations_have_their_numbers_in_them() -> None:
    now = {"i": 0.03, "f": 0.98, "o": 0.5, "g": -0.2, "c": 0.396, "h": 0.188}
    assert filled(equation(LSTM), now, 0.41) == (
        "ct= ft · ct−1 + it · gt= 0.980 · 0.410 + 0.030 · (-0.200)= 0.396"
        "ht= ot · tanh(ct)= 0.500 · tanh(0.396)= 0.188"
    )
    now = {"z": 0.9, "n": 0.5, "h": -0.22, "r": 0.1}
    assert filled(equation(GRU), now, -0.3) == (
        "ht= zt · ht−1 + (1 − zt) · nt= 0.900 · (-0.300) + 0.100 · 0.500= -0.220"
    )
    assert filled(equation(RNN), {"h": 0.5}, 0.1) == "ht−1= 0.100ht= 0.500"


def test_a_normalised_c_is_not_shown_as_it_is() -> None:
    text = equation(LSTM, normalised=True)
    assert "tanh(N(<i>c<sub>t</sub></i>))" in text
    assert "tanh({c:3})" not in text


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["gate", "to", "accuracy"])
    return frame.assign(low=frame["accuracy"] - 0.02, high=frame["accuracy"] + 0.02, sequences=9)


def test_which_gates_are_needed() -> None:
    rows = [("", "", 0.95)]
    rows += [("i", to, own) for to, own in (("0", 0.25), ("1", 0.3), ("mean", 0.4))]
    rows += [("f", to, own) for to, own in (("0", 0.25), ("1", 0.95), ("mean", 0.94))]
    rows += [("r", to, 0.95) for to in ("0", "1", "mean")]
    sentences = needed(table(*rows), 0.25)
    assert sentences[0] == (
        "**i** (input gate) has to change with the sequence: wherever it is held, accuracy falls, "
        "at best to 0.400 (held at its mean)."
    )
    assert "can be held at 1 or at its mean; held at 0, accuracy falls to 0.250" in sentences[1]
    assert "not needed" in sentences[2]


def test_a_network_at_chance_has_nothing_to_lose() -> None:
    (sentence,) = needed(table(("", "", 0.26), ("h", "0", 0.25)), 0.25)
    assert "barely better than chance" in sentence


def test_what_is_remembered() -> None:
    def rows(state: str, accuracy: list[float]) -> pd.DataFrame:
        own = pd.DataFrame({"t": [1, 2, 3], "accuracy": accuracy, "state": state})
        return own.assign(reads="answer", shuffled_high=0.3, sequences=9)

    found = pd.concat(
        [rows("c", [0.2, 0.9, 0.9]), rows("h", [0.2, 0.9, 0.5]), rows("x", [0.2, 0.2, 0.2])]
    )
    found["low"], found["high"] = found["accuracy"] - 0.05, found["accuracy"] + 0.05
    c, h, x = remembered(found)
    assert "above the control from t = 2 on" in c
    assert "best at t = 2 with 0.900, lost again later" in h
    assert "no better than with shuffled labels" in x


def test_one_unit_is_described() -> None:
    example = Example(tuple("cAd"), (False, True, False), "A")
    values = {
        "i": np.array([[0.1], [0.9], [0.2]]),
        "f": np.array([[1.0], [1.0], [0.7]]),
        "c": np.array([[0.0], [-0.8], [0.7]]),
    }
    assert describe_unit(LSTM, values, example, 1) == (
        "On this sequence its input gate i is 0.90 at t = 2 (A), and 0.15 on average over the "
        "other steps. Its forget gate f is 0.900 on average over all of them. Its memory c is "
        "−0.80 after the last informative step and 0.70 at the end."
    )
    everything = Example(tuple("cA"), (True, True), "A")
    assert describe_unit(LSTM, values, everything, 1) == ""
    assert describe_unit(RNN, {}, example, 1) == ""


def test_specialised_units() -> None:
    units = pd.DataFrame(
        {
            "gate": ["f", "f", "i", "i"],
            "unit": [1, 2, 1, 2],
            "selectivity": [np.nan, np.nan, 0.5, -0.05],
            "informative": [np.nan, np.nan, 0.6, 0.1],
            "distractor": [np.nan, np.nan, 0.1, 0.15],
            "time_constant": [100.0, np.inf, np.nan, np.nan],
            "time_constant_at_initialisation": [2.0, 4.0, np.nan, np.nan],
        }
    )
    kept, opened = specialised(units, LSTM, 80)
    assert "the task's delay of 80 steps: **2 of 2** (0 before training)" in kept
    assert "keeps it for ever (3 steps before)" in kept
    assert "in **1 of 2 units**, and less open in 0" in opened
    assert "unit 1, with a mean of 0.60 at informative steps and 0.10" in opened


def test_interventions_in_words() -> None:
    sentences = interventions_in_words(
        [
            {"kind": "clamp", "gate": "f", "to": 1.0, "units": None, "first": 1, "last": 9},
            {"kind": "erase", "state": "c", "t": 4, "units": [2, 3]},
            {"kind": "noise", "state": "h", "t": 4, "scale": 1.5, "seed": 0},
            {"kind": "transplant", "t": 4},
        ]
    )
    assert sentences == (
        "f = 1 in all units, steps 1 to 9; c = 0 in units 2 and 3 after step 4; noise of 1.5 "
        "standard deviations on h after step 4; after step 4, each sequence continues with the "
        "state of another one"
    )
