"""What is said of a table is true of it, whatever stands in it: NaN, overflows, ties, one seed."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Hashable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.analysis.at_initialisation import at_initialisation
from models.analysis.findings import findings
from models.analysis.gradient_profile import half_life_words, shown_half_life
from models.analysis.memory_span import memory_spans
from models.analysis.prediction import predictions
from models.analysis.schema import TABLES
from models.analysis.statistics import latest, median_over_seeds
from models.analysis.words import count, distinct_percentages
from models.cells import cell_title
from models.experiment import Experiment
from models.stories import STORIES, story_presets
from models.stories.additive_path import MARGIN as LONGER
from models.stories.normalisation import MARGIN
from tests.properties.generated import on

CELLS = ("rnn", "lstm", "gru")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
SEVERAL_OF_ONE = re.compile(r"(?<![\d.,])1 (steps|seeds|models|orders|lengths)\b")
MODEL = {"run": "made-up", "task": "temporal_order", "learning_rate": 0.01}


def plain(text: str) -> str:
    """The text, if it is made of plain sentences without what is no word."""
    assert text.endswith(".")
    assert not re.search(r"\b(nan|inf|None)\b", text), text
    assert not re.search(r"  | [.,:;]|[.,]{2}|\.(?=[A-Z])|\(\)", text), text
    assert not SEVERAL_OF_ONE.search(text), text
    for sentence in text[:-1].split(". "):
        assert re.match("[A-Z0-9]", sentence), sentence
    return text


def named(text: str) -> set[str]:
    """The cells that a text names, longest names first: one may begin with another."""
    found = set()
    for cell in sorted({*CELLS, *_all_cells()}, key=lambda cell: -len(cell_title(cell))):
        pattern = rf"\bthe {re.escape(cell_title(cell))}(?! with)(?! and (gamma|relu|identity))"
        if re.search(pattern, text, re.IGNORECASE):
            found.add(cell)
    return found


@cache
def _all_cells() -> frozenset[str]:
    return frozenset(
        cell for preset in story_presets().values() for cell in preset.experiment.cells
    )


# Tables.


def value(name: str) -> st.SearchStrategy[float]:
    """Of a diagnostic: what it can be, ties and what is not known among it."""
    kind = name.split("_")[0]
    special = {
        "half": [math.inf, math.nan, 1.0, 9.95, 10.0, 10.5, 0.03, -1.0, -10.0],
        "spectral": [math.nan, 0.0, 0.994, 0.996, 1.0, 1.004, 1.006],
        "mean": [math.nan, 0.0, 0.5, 1.0],
        "accuracy": [math.nan, 0.5, 0.9, 1.0],
    }[kind]
    low, high = {"half": (0.01, 5e4), "spectral": (0.0, 5.0)}.get(kind, (0.0, 1.0))
    numbers = st.floats(low, high)
    if kind == "half":
        numbers = st.one_of(numbers, numbers.map(lambda x: -x))
    return st.one_of(st.sampled_from(special), numbers)


@st.composite
def accuracies(draw: st.DrawFn, experiment: Experiment) -> pd.DataFrame:
    """Of some of the cells, each at all lengths and seeds, after all or some of the steps."""
    cells = draw(st.lists(st.sampled_from(experiment.cells), min_size=1, unique=True))
    steps = st.sampled_from([experiment.steps, min(1, experiment.steps), 0])
    rows = []
    for cell in (cell for cell in experiment.cells if cell in cells):
        step = draw(st.sampled_from([experiment.steps] * 3) | steps)
        good = draw(st.sampled_from([0.0, 0.3, 0.6, 1.0]))
        for length in experiment.lengths:
            for seed in experiment.seed_numbers:
                score = draw(st.sampled_from([0.0, 0.25, 0.6, 0.625, 0.65, 1.0, good, good, good]))
                lost = draw(st.sampled_from([False] * 5 + [True]))
                model = {**MODEL, "cell": cell, "length": length, "seed": seed, "step": step}
                of = {"accuracy": score, "loss": math.nan if lost else 1.0, "sequences": 256}
                flags = {"solved": score == 1.0 and not lost, "diverged": lost}
                rows.append({**model, **of, **flags, "chance_accuracy": 0.25, "chance_loss": 1.39})
    return pd.DataFrame(rows, columns=list(TABLES["accuracy"]))


@st.composite
def diagnostics(draw: st.DrawFn, experiment: Experiment) -> pd.DataFrame:
    """At the longest length, at the first step and the last; some cells without any rows."""
    names = ["half_life_h", "half_life_theory", "spectral_radius"]
    names += ["half_life_c", "mean_f"] if "lstm" in experiment.cells[0] else []
    names += [f"accuracy_part_{part}" for part in (1, 2, 3)]
    rows = []
    for cell in draw(st.lists(st.sampled_from(experiment.cells), unique=True)):
        for name in names:
            for step in (0, experiment.steps):
                for seed in experiment.seed_numbers:
                    model = {**MODEL, "cell": cell, "length": experiment.lengths[-1]}
                    known = {"diagnostic": name, "value": draw(value(name))}
                    rows.append({**model, "seed": seed, "step": step, **known})
    return pd.DataFrame(rows, columns=list(TABLES["diagnostics"]))


def training(accuracy: pd.DataFrame, norms: list[float]) -> pd.DataFrame:
    rows = latest(accuracy).query("step > 0")
    given = [norms[place % len(norms)] for place in range(len(rows))]
    kept = ["run", "task", "cell", "length", "seed", "learning_rate", "step"]
    clipped = [not norm <= 1 for norm in given]
    return rows[kept].assign(gradient_norm=given, clipped=clipped, loss=1.0, accuracy=0.5)


# Gradients before training, in the findings.

POWERS = st.one_of(
    st.floats(-45, 40),
    st.sampled_from([-2.51, -2.49, -1.5, -1.4999, 0.0, 2.0, 5.0]),
    st.sampled_from([math.inf, -math.inf, math.nan]),
)
"""log10 of the gradient norm at the first step over that at the last; NaN: that one is not."""


def profiles(powers: Mapping[str, list[float]]) -> pd.DataFrame:
    """Two steps: 1 at the last, and 10 to the power at the first."""
    rows = []
    for cell, seeds in powers.items():
        for seed, power in enumerate(seeds):
            for t, norm in ((1, 10.0**power), (2, 0.0 if math.isnan(power) else 1.0)):
                model = {**MODEL, "cell": cell, "length": 2, "seed": seed, "step": 0}
                rows.append({**model, "t": t, "state": "h", "gradient_norm": norm})
    return pd.DataFrame(rows, columns=list(TABLES["gradients"]))


def power(text: str) -> float:
    """A number as it is shown: "10⁻³", "0.02", "4.1 · 10⁻⁷"."""
    mantissa, _, exponent = text.rpartition("10")
    if exponent and exponent[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
        factor = float(mantissa.replace(" · ", "") or 1)
        return factor * math.pow(10, float(exponent.translate(SUPERSCRIPTS)))
    return float(text)


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
    accuracy = pd.DataFrame(columns=list(TABLES["accuracy"]))
    text = plain(findings(experiment, accuracy, profiles(powers)))
    middle = {cell: _median(seeds) for cell, seeds in powers.items()}
    overflowed = {cell for cell, p in middle.items() if p == math.inf}
    unknown = {cell for cell, p in middle.items() if math.isnan(p)}
    known = {cell: max(p, -38.0) for cell, p in middle.items() if cell not in overflowed | unknown}
    said = re.search(r"overflows in back-propagation for ([^;.]*)", text)
    assert (named(said[1]) if said else set()) == overflowed
    said = re.search(r"could not be measured for ([^;.]*)\.", text)
    assert (named(said[1]) if said else set()) == unknown
    if not known:
        return
    shown = re.search(
        r"(about|at most) ([^ ]+(?: · [^ ]+)?) of that at the last for ([^,;.]*?)"
        r"(?:,| and about ([^ ]+(?: · [^ ]+)?) for ([^,]*),|;|\.(?!\d))",
        text,
    )
    assert shown, text
    low, high = min(known.values()), max(known.values())
    if len(known) == 1:
        assert "apart" not in text
        assert "as much" not in text
        assert "same" not in text
    elif "about the same for every cell" in text:
        assert high - low < 0.5
    else:
        smaller, larger = power(shown[2]), power(shown[4])
        assert smaller < larger, text
        assert {known[cell] for cell in named(f"the {shown[3]}".replace("the the", "the"))} == {low}
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


# Findings.


@st.composite
def runs(draw: st.DrawFn) -> tuple[Experiment, pd.DataFrame]:
    lengths = draw(st.sampled_from([(20,), (20, 21), (10, 20, 80)]))
    seeds, steps = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 2, 400]))
    experiment = Experiment(cells=CELLS, lengths=lengths, seeds=seeds, steps=steps)
    return experiment, draw(accuracies(experiment))


@given(runs())
@on("findings")
def test_findings_are_true_of_their_table(run: tuple[Experiment, pd.DataFrame]) -> None:
    experiment, accuracy = run
    text = plain(findings(experiment, accuracy))
    last = latest(accuracy)
    if "diverged" in text and "every model has diverged" not in text:
        lost = re.search(r"(\d+) of (\d+) models? diverged \(([^)]*)\)", text)
        assert lost, text
        assert (int(lost[1]), int(lost[2])) == (last["diverged"].sum(), len(last))
        assert named(lost[3]) == set(last.loc[last["diverged"], "cell"])
    elif "too early" not in text.lower():
        assert not last["diverged"].any() or last["diverged"].all()
    spans: dict[Hashable, Any] = memory_spans(last).set_index("cell").to_dict("index")
    if first := re.search(r"; (the \w+) gives up first", text):
        (cell,) = named(first[1])
        own = _bounds(spans[cell])
        others = [_bounds(spans[other]) for other in spans if other != cell]
        assert all(own[1] < low or own[0] < low for low, _ in others if not math.isnan(low)), text
        assert [span["text"] for span in spans.values()].count(spans[cell]["text"]) == 1
    if "memory span is" in text:
        told = named(text.split("memory span is")[1].split(". ")[0])
        assert {cell for cell in spans if spans[cell]["text"] != "diverged"} <= told


def _bounds(span: Mapping[Hashable, Any]) -> tuple[float, float]:
    """Between which lengths a memory span lies, as it is shown."""
    if span["text"] == "diverged":
        return math.nan, math.nan
    return _ends(str(span["text"]))


# Stories.


def short(experiment: Experiment, seeds: int, steps: int) -> Experiment:
    return Experiment.from_mapping({**asdict(experiment), "seeds": seeds, "steps": steps})


@pytest.mark.parametrize("name", story_presets())
@given(st.data())
@on("stories")
def test_stories_are_true_of_their_tables(name: str, data: st.DataObject) -> None:
    preset = story_presets()[name]
    (story,) = (story for story in STORIES.values() if preset in story.presets)
    seeds, steps = data.draw(st.sampled_from([1, 3])), data.draw(st.sampled_from([1, 300]))
    experiment = short(preset.experiment, seeds, steps)
    accuracy = data.draw(accuracies(experiment))
    rows = data.draw(diagnostics(experiment))
    norms = data.draw(st.lists(st.one_of(st.floats(1e-9, 1e9), st.just(math.nan)), min_size=1))
    tables = {table: pd.DataFrame(columns=list(columns)) for table, columns in TABLES.items()}
    tables |= {"accuracy": accuracy, "diagnostics": rows, "training": training(accuracy, norms)}
    text = plain(story.conclusion(experiment, tables))
    _half_lives(text, story.name, experiment, rows)
    _counts(text, experiment, accuracy)


def _half_lives(text: str, story: str, experiment: Experiment, rows: pd.DataFrame) -> None:
    """Every half-life that is said, is the one that a card shows, and none is left out."""
    if story not in ("longer_is_worse", "tanh_against_relu", "normalisation", "every_step"):
        return
    medians = at_initialisation(rows, "half_life_h", experiment.lengths[-1])
    opening = text.split(" After ")[0].split(" With ")[0].split(" Unlike ")[0]
    for cell in set(rows["cell"]):
        assert cell in named(opening), (cell, opening)
        _, _, rate = half_life_words(medians.get(cell, math.nan)).partition(" every ")
        if rate:
            assert re.search(rf"every {re.escape(rate)} for the {_pattern(cell)}", opening), opening
    if story == "tanh_against_relu" and "vanishes, as expected" in text:
        known = [life for cell, life in medians.items() if "relu" not in cell]
        assert all(0 <= life < math.inf for life in known)


def _pattern(cell: str) -> str:
    return re.escape(cell_title(cell)) + r"(?! with)"


def _counts(text: str, experiment: Experiment, accuracy: pd.DataFrame) -> None:
    last = latest(accuracy)
    diverged = r"(\d+) of (\d+) models? of the (.*?)(?:, \d+ of| and \d+ of| diverged)"
    for lost, models, title in re.findall(diverged, text):
        (cell,) = [cell for cell in experiment.cells if cell_title(cell) == title]
        own = last[last["cell"] == cell]
        assert (int(lost), int(models)) == (own["diverged"].sum(), len(own))
    waiting = re.search(r"(The [^.]*) (?:is|are) not trained yet", text)
    done = set(last["cell"]) - set(last.loc[last["step"] == 0, "cell"])
    if waiting:
        assert not named(waiting[1].rsplit(". ")[-1]) & done


@given(st.data())
@on("normalised spans")
def test_normalisation_judges_by_the_spans_that_it_shows(data: st.DataObject) -> None:
    experiment = story_presets()["normalisation"].experiment
    accuracy = data.draw(accuracies(experiment))
    tables = {table: pd.DataFrame(columns=list(columns)) for table, columns in TABLES.items()}
    text = STORIES["normalisation"].conclusion(experiment, tables | {"accuracy": accuracy})
    shown = {
        cell: found[1]
        for cell in experiment.cells
        if (found := re.search(rf"([<>]? ?\d+|none) for the {_pattern(cell)}(?! and gamma)", text))
    }
    own = _ends(shown["rnn"]) if "rnn" in shown else (0.0, math.inf)
    for verdicts in re.findall(r"Here it ([^.]*(?:\.\d[^.]*)*)\.", text):
        words = r"(helps|hurts|makes no difference|cannot be judged at these lengths) for"
        judged = re.split(words, verdicts)
        for verdict, of in zip(judged[1::2], judged[2::2], strict=True):
            for cell in named(of):
                low, high = _ends(shown[cell])
                if verdict == "helps":
                    assert low > own[1]
                elif verdict == "hurts":
                    assert high < own[0]
                elif verdict == "makes no difference":
                    assert high <= MARGIN * own[0]
                    assert own[1] <= MARGIN * low
                else:
                    assert low <= MARGIN * own[1]
                    assert own[0] <= MARGIN * high


def _ends(text: str) -> tuple[float, float]:
    if text == "none":
        return 0.0, 0.0
    sign, _, number = text.rpartition(" ")
    ends = {"<": (0.0, float(number)), ">": (float(number), math.inf)}
    return ends.get(sign, (float(number), float(number)))


@given(value("half_life_h"), value("half_life_c"))
@on("half-lives")
def test_additive_path_compares_half_lives_as_they_are_shown(h: float, c: float) -> None:
    preset = story_presets()["additive_path"]
    cell = preset.experiment.cells[0]
    of = {**MODEL, "cell": cell, "length": preset.experiment.lengths[-1], "seed": 0, "step": 0}
    rows = [
        {**of, "diagnostic": f"half_life_{name}", "value": x} for name, x in (("h", h), ("c", c))
    ]
    tables = {table: pd.DataFrame(columns=list(columns)) for table, columns in TABLES.items()}
    tables["diagnostics"] = pd.DataFrame(rows, columns=list(TABLES["diagnostics"]))
    text = plain(STORIES["additive_path"].conclusion(preset.experiment, tables))
    verdict = re.search(r"It lives (longer|shorter|about as long) through c", text)
    if math.isnan(h) or math.isnan(c):
        assert verdict is None
        return
    assert verdict
    rate_h, rate_c = (1 / shown_half_life(life) for life in (h, c))
    if verdict[1] == "longer":
        assert rate_c < rate_h
    elif verdict[1] == "shorter":
        assert rate_c > rate_h
    else:
        assert abs(rate_c - rate_h) <= (LONGER - 1) * max(abs(rate_c), abs(rate_h))


@given(st.lists(value("half_life_h"), min_size=1, max_size=5))
@on("half-lives")
def test_the_median_over_seeds_is_between_its_models_and_counts_those_that_are_known(
    lives: list[float],
) -> None:
    of = {**MODEL, "cell": "rnn", "length": 20, "step": 0, "diagnostic": "half_life_h"}
    rows = pd.DataFrame([{**of, "seed": seed, "value": x} for seed, x in enumerate(lives)])
    (found,) = median_over_seeds(rows, ["cell"]).to_dict("records")
    rates = sorted(1 / x for x in lives if not math.isnan(x))
    assert (found["known"], found["models"]) == (len(rates), len(lives))
    if not rates:
        assert math.isnan(found["median"])
        return
    assert 1 / found["median"] == pytest.approx(statistics.median(rates), abs=1e-12)


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=4))
@on("half-lives")
def test_the_verdict_at_initialisation_agrees_with_what_the_gradient_does(
    powers: list[float],
) -> None:
    """Of lengths at which the ratio of the gradient norms is 10 to these powers."""
    frames = [
        profiles({"rnn": [power]}).assign(length=place) for place, power in enumerate(powers, 2)
    ]
    (row,) = predictions(pd.concat(frames)).to_dict("records")
    inside = [abs(power) <= 2 for power in powers]
    assert (row["bound"] == ">") is all(inside)
    assert (row["bound"] == "<") is (not inside[0])
    if all(inside):
        assert "it" not in row["verdict"]
    else:
        outside = powers[inside.index(False)]
        assert row["verdict"].endswith("explodes" if outside > 0 else "vanishes")


@given(st.floats(0, 1), st.floats(0, 1))
@example(0.9996, 0.9999)
@on("shares")
def test_two_shares_that_differ_are_shown_apart(one: float, other: float) -> None:
    first, second = distinct_percentages(one, other)
    if abs(one - other) > 1e-8:
        assert (float(first[:-1]) < float(second[:-1])) is (one < other)


@given(st.integers(0, 10**6))
@on("shares")
def test_a_count_is_plural_unless_it_is_one(number: int) -> None:
    assert count(number, "step") == (f"{number} steps" if number != 1 else "1 step")


def test_the_tables_of_this_file_can_be_wrong() -> None:
    """What ``plain`` and ``power`` refuse and read."""
    for text in ("After 1 steps it ends.", "It is nan.", "one. Two."):
        with pytest.raises(AssertionError):
            plain(text)
    assert [power(text) for text in ("10⁻³", "0.02", "100", "4.1 · 10⁻⁷")] == pytest.approx(
        [1e-3, 0.02, 100, 4.1e-7]
    )
