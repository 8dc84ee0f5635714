"""Strategies for settings: right, nearly right, and anything at all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from models.cells import CELLS
from models.experiment.experiment import MAX_LENGTH, SETTINGS
from models.optimisers import OPTIMISERS
from models.settings.spec import Option, Registered
from models.tasks import TASKS

FIELDS = tuple(SETTINGS)
NUMERALS = (
    *(
        "0",
        "1",
        "-1",
        "-0",
        "1.5",
        "1e3",
        "1e400",
        "-1e400",
        "1_0",
        "١٢",
        "²",
        " 12 ",
        "+5",
        "0x10",
    ),
    *("nan", "inf", "infinity", "-Infinity", "1e-320", "5e-324", "9" * 30, "1e", ".", ""),
    *(
        "0.1",
        "3",
        "0.09999999",
        "3.0000001",
        "2.9999999",
        "00020",
        "20",
        "100",
        "1,5",
        "1 0",
        "1\n",
    ),
)
"""Texts that are numbers, look like numbers, or are written as some are."""
LINKS = (
    *("[x](http://evil.example)", "![x](https://evil.example/x.png)", "<script>alert(1)</script>"),
    *(
        "<b>",
        "`",
        "$x$",
        "www.evil.example",
        "me@evil.example",
        ":red[x]",
        ":material/home:",
        "# x",
    ),
)
"""Texts with a meaning in Markdown or HTML."""

noise = st.one_of(
    st.text(st.characters(), max_size=8),
    st.sampled_from(NUMERALS),
    st.sampled_from(LINKS),
    st.sampled_from(["\0", "a\0b", "\n", "\r\nx", "\ud800", "\u202e", "'", '"', "\\"]),
    st.sampled_from(["9", "x", "lstm,"]).map(lambda text: text * 5000),
)
"""Texts of every kind, with surrogates, control characters and what looks like a number."""

_numbers = st.one_of(
    st.integers(),
    st.integers(-3, 300),
    st.floats(),
    st.sampled_from([2**31, 2**63, -(2**63), 10**100, 10**400, -(10**400), 1e308, -0.0]),
    # Python does not write whole numbers of more than 4300 digits.
    st.sampled_from([4299, 4300, 6000]).map(lambda digits: 10**digits),
)
_odd = st.sampled_from(
    [
        *(None, True, False, b"rnn", bytearray(b"x"), {1, 2}, frozenset(), range(5), object(), 1j),
        *(np.int64(20), np.float32(0.1), np.float64(0.1), np.array([20, 50]), np.array("rnn")),
        *(Decimal("0.1"), Fraction(1, 3), Decimal("nan"), iter([1]), type, {"a": 1}, Ellipsis),
    ]
)
_scalars = st.one_of(_numbers, noise, _odd)
junk = st.one_of(
    _scalars,
    _scalars,
    st.lists(_scalars, max_size=3),
    st.tuples(_scalars),
    st.dictionaries(st.text(max_size=3), _scalars, max_size=2),
    st.lists(st.lists(_scalars, max_size=2), max_size=2),
    st.integers(50, 3000).map(lambda length: [20] * length),
    st.sampled_from([100, 3000]).map(lambda depth: _nested(depth)),
)
"""Anything that a program could pass."""


def _value(option: Option) -> st.SearchStrategy[str]:
    if option.bounds is None:
        return st.sampled_from(option.values)
    low, high = option.bounds
    return st.one_of(st.sampled_from(option.values), st.floats(low, high).map(repr))


def specs(registry: Mapping[str, type[Registered]]) -> st.SearchStrategy[str]:
    """Texts whose every option is offered; options may still not go together."""

    def of(described: type[Registered]) -> st.SearchStrategy[str]:
        options = st.fixed_dictionaries(
            {}, optional={option.name: _value(option) for option in described.options}
        )
        return options.map(
            lambda chosen: ":".join(
                filter(None, [described.name, ",".join(f"{k}={v}" for k, v in chosen.items())])
            )
        )

    return st.sampled_from(list(registry.values())).flatmap(of)


def nearly_specs(registry: Mapping[str, type[Registered]]) -> st.SearchStrategy[str]:
    """Texts of the grammar with pieces that do not belong there."""
    options = [option for described in registry.values() for option in described.options]
    offered = sorted({value for option in options for value in option.values})
    names, keys = list(registry), sorted({option.name for option in options})
    odd = st.one_of(noise, noise, st.sampled_from([" ", "\t", "\n", "\u00a0", ":", ",", "="]))
    piece = st.sampled_from([*names, *keys, *offered])
    items = st.tuples(
        st.sampled_from(keys), st.sampled_from(["=", "=", "=", " = ", "==", ""]), piece | odd
    ).map("".join)
    tail = st.lists(items | odd, max_size=3).map(",".join)
    return st.tuples(st.sampled_from(names) | odd, st.sampled_from([":", ":", " :"]), tail).map(
        "".join
    )


def _nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


CELL = specs(CELLS).filter(lambda text: _goes_together(text))
TASK = specs(TASKS)


def _goes_together(text: str) -> bool:
    normalised = "norm=layer" in text or "norm=batch" in text
    if "forget_gate=no" in text and "bias=0" in text:
        return False
    return not (normalised and "omega=" in text) and (normalised or "gamma=" not in text)


def _several(values: st.SearchStrategy[Any], least: int = 1, unique: Any = None) -> Any:
    return st.lists(values, min_size=least, max_size=4, unique_by=unique)


def _values(name: str) -> st.SearchStrategy[Any]:
    """The values of a setting with bounds or choices."""
    one = SETTINGS[name]
    if name == "optimiser":
        return specs(OPTIMISERS).filter(lambda text: "nesterov=yes" not in text)
    if one.bounds is None:
        return st.sampled_from(one.choices)
    least, most = one.bounds
    return st.integers(int(least), int(most)) if one.kind is int else st.floats(least, most)


valid = st.fixed_dictionaries(
    {"task": TASK},
    optional={
        "cells": CELL.map(lambda cell: [cell]),
        "lengths": _several(st.integers(64, MAX_LENGTH), unique=int),
        "test_lengths": _several(st.integers(64, MAX_LENGTH), 0, int),
        "learning_rate": _several(_values("learning_rate"), unique=lambda x: f"{x:.6g}"),
        **{
            name: _values(name)
            for name, one in SETTINGS.items()
            if name != "task" and not one.several
        },
    },
).map(lambda values: {"lengths": [64, 100], **values})
"""Settings by name that can be run; what is left out is at its default."""

BASES: list[dict[str, Any]] = [
    {},
    {"task": "digits", "lengths": [64, 99]},
    {"match": "parameters"},
]
mutated = st.tuples(
    st.sampled_from(BASES),
    st.dictionaries(st.sampled_from(FIELDS), junk, min_size=1, max_size=2),
    st.dictionaries(st.one_of(st.sampled_from(FIELDS), noise), _scalars, max_size=1),
).map(lambda three: {**three[0], **three[1], **three[2]})
"""Settings by name of which some are junk."""
