"""What findings and predictions say of a table is true of it: NaN, overflows, ties, one seed."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.analysis.findings import findings
from models.analysis.memory_span import memory_spans
from models.analysis.prediction import predictions
from models.analysis.statistics import latest
from models.experiment import Experiment
from tests.models.stories.conclusions import proofread
from tests.models.tables import table
from tests.properties.generated import on
from tests.properties.generated_tables import CELLS, accuracies, ends, named, power, profiles

POWERS = st.one_of(
    st.floats(-45, 40),
    st.sampled_from([-2.51, -2.49, -1.5, -1.4999, 0.0, 2.0, 5.0]),
    st.sampled_from([math.inf, -math.inf, math.nan]),
)
"""log10 of the gradient norm at the first step over that at the last; NaN: that one is not."""


@given(
    st.dictionaries(st.sampled_from(CELLS), st.lists(POWERS, min_size=1, max_size=3), min_size=1)
)
@example({"lstm": [-2.2], "gru": [-1.6], "rnn": [-1.9]})
@example({"rnn": [math.inf], "gru": [2.0]})
@example({"rnn": [-2.51], "gru": [-2.49]})
@on("gradients at initialisation")
def test_gradients_are_compared_as_they_are_shown_and_no_cell_is_left_out(
    powers: dict[str, list[float]],
) -> None:
    experiment = Experiment(cells=tuple(powers), lengths=(10,), steps=0)
    text = proofread(findings(experiment, table("accuracy"), profiles(powers)))
    middle = {cell: _median(seeds) for cell, seeds in powers.items()}
    overflowed = {cell for cell, p in middle.items() if p == math.inf}
    unmeasured = {cell for cell, p in middle.items() if math.isnan(p)}
    finite = {
        cell: max(p, -38.0) for cell, p in middle.items() if cell not in overflowed | unmeasured
    }
    match = re.search(r"overflows in back-propagation for ([^;.]*)", text)
    assert (named(match[1]) if match else set()) == overflowed
    match = re.search(r"could not be measured for ([^;.]*)\.", text)
    assert (named(match[1]) if match else set()) == unmeasured
    if not finite:
        return
    shown = re.search(
        r"(about|at most) ([^ ]+(?: · [^ ]+)?) times that at the last step for ([^,;.]*?)"
        r"(?:,| and about ([^ ]+(?: · [^ ]+)?) for ([^,]*),|;|\.(?!\d))",
        text,
    )
    assert shown, text
    low, high = min(finite.values()), max(finite.values())
    if len(finite) == 1:
        assert "apart" not in text
        assert "as much" not in text
        assert "same" not in text
    elif "about the same for every cell" in text:
        assert high - low < 0.5
    else:
        smaller, larger = power(shown[2]), power(shown[4])
        assert smaller < larger, text
        assert {finite[cell] for cell in named(f"the {shown[3]}".replace("the the", "the"))} == {
            low
        }
        if orders := re.search(r"(\d+) orders? of magnitude apart", text):
            assert int(orders[1]) == round(math.log10(larger)) - round(math.log10(smaller)) > 0
            assert ("at least" in text) is (low <= -38)
        else:
            times = re.search(r", ([^ ]+) times as much", text)
            assert times, text
            assert power(times[1]) == pytest.approx(larger / smaller, rel=0.051)
            assert power(times[1]) > 1


def _median(values: list[float]) -> float:
    """Of the numbers among them; NaN of none."""
    numbers = [value for value in values if not math.isnan(value)]
    return float(statistics.median(numbers)) if numbers else math.nan


@st.composite
def runs(draw: st.DrawFn) -> tuple[Experiment, pd.DataFrame]:
    """An experiment and the table ``accuracy`` of a run of it."""
    lengths = draw(st.sampled_from([(20,), (20, 21), (10, 20, 80)]))
    seeds, steps = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 2, 400]))
    experiment = Experiment(cells=CELLS, lengths=lengths, seeds=seeds, steps=steps)
    return experiment, draw(accuracies(experiment))


@given(runs())
@on("findings")
def test_findings_are_true_of_their_table(run: tuple[Experiment, pd.DataFrame]) -> None:
    experiment, accuracy = run
    text = proofread(findings(experiment, accuracy))
    last = latest(accuracy)
    if "diverged" in text and "every model has diverged" not in text:
        diverged = re.search(r"(\d+) of (\d+) models? diverged \(([^)]*)\)", text)
        assert diverged, text
        assert (int(diverged[1]), int(diverged[2])) == (last["diverged"].sum(), len(last))
        assert named(diverged[3]) == set(last.loc[last["diverged"], "cell"])
    elif "too early" not in text.lower():
        assert not last["diverged"].any() or last["diverged"].all()
    spans: dict[Hashable, Any] = memory_spans(last).set_index("cell").to_dict("index")
    if first := re.search(r"; that of (the \w+) is the shortest", text):
        (cell,) = named(first[1])
        own = _bounds(spans[cell])
        others = [_bounds(spans[other]) for other in spans if other != cell]
        for low, high in others:
            assert math.isnan(low) or (own[0] <= low and own[1] <= high), text
    if "memory span is" in text:
        cells = named(text.split("memory span is")[1].split(". ")[0])
        assert {cell for cell in spans if spans[cell]["text"] != "diverged"} <= cells


def _bounds(span: Mapping[Hashable, Any]) -> tuple[float, float]:
    """The lengths between which a memory span lies, as it is shown; NaN where it diverged."""
    if span["text"] == "diverged":
        return math.nan, math.nan
    return ends(str(span["text"]))


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=4))
@on("half-lives")
def test_the_verdict_at_initialisation_agrees_with_what_the_gradient_does(
    powers: list[float],
) -> None:
    """At lengths where the ratio of the gradient norms is 10 to these powers."""
    frames = [profiles({"rnn": [power]}, length) for length, power in enumerate(powers, 2)]
    (row,) = predictions(pd.concat(frames)).to_dict("records")
    inside = [abs(power) <= 2 for power in powers]
    assert (row["bound"] == ">") is all(inside)
    assert (row["bound"] == "<") is (not inside[0])
    if all(inside):
        assert "it" not in row["verdict"]
    else:
        outside = powers[inside.index(False)]
        assert row["verdict"].endswith("explodes" if outside > 0 else "vanishes")
