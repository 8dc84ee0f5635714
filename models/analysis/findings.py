"""The findings of a run: what it showed, in a few sentences made from its numbers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from models.analysis.comparison import more_seeds, remembers_further
from models.analysis.memory_span import (
    DIVERGED,
    count_models,
    estimates,
    memory_spans,
    span_in_words,
)
from models.analysis.prediction import end_ratios
from models.analysis.statistics import better_than_chance, latest, summarise
from models.analysis.words import (
    capitalise,
    count,
    join_words,
    of_all,
    power_of_ten,
    scientific,
    with_article,
)
from models.experiment import Experiment

MIN_SEEDS = 3
"""Cells are ranked from this many seeds on."""

SMALLEST = -38
"""The log10 of the smallest normal float32: what is less has become 0."""
MIN_ORDERS = 2
"""Gradients this many orders of magnitude apart are compared in orders; others in two digits."""
ALIKE = 0.5
"""Gradients less than this many orders of magnitude apart are about the same."""


def findings(
    experiment: Experiment, accuracy: pd.DataFrame, gradients: pd.DataFrame | None = None
) -> str:
    """What a run showed so far, in a few sentences.

    ``accuracy`` has one learning rate for each (cell, length), see ``select_learning_rate``.
    ``gradients`` has at least the rows of step 0, or is left out; a truncated gradient says nothing
    of the cell, and is not mentioned. A memory span is called the shortest only where every
    other cell surely remembers further, see ``comparison.remembers_further``.
    """
    sentences = [*_trained(experiment, accuracy)]
    truncated = 0 < experiment.truncate < max(experiment.lengths)
    if gradients is not None and not truncated:
        sentences += _gradients_at_initialisation(gradients)
    return " ".join(map(capitalise, sentences))


def _trained(experiment: Experiment, accuracy: pd.DataFrame) -> list[str]:
    """How far the models have come."""
    if experiment.steps == 0:
        return ["nothing was trained: these are the models at initialisation."]
    last = latest(accuracy)
    if accuracy.empty or last["step"].min() == 0:
        return ["too early to say: not every model has been evaluated after training steps yet."]
    when = _when(experiment, last)
    if last["diverged"].all():
        return [f"{when} every model has diverged."]
    if last["solved"].all():
        longest = last["length"].max()
        return [f"{when} every model has solved the task at every length up to {longest}."]
    if _at_chance(last):
        return [f"{when} every model is still at chance{_diverged(last)}."]
    return [_reach(when, last, experiment.seeds), *_compromises(last), _solved(accuracy)]


def _when(experiment: Experiment, last: pd.DataFrame) -> str:
    step = int(last["step"].mean())  # as the store counts the steps of a run
    if step < experiment.steps:
        return f"so far (step {step} of {experiment.steps})"
    return f"after {count(step, 'step')}"


def _at_chance(last: pd.DataFrame) -> bool:
    return not better_than_chance(last).any()


def _reach(when: str, last: pd.DataFrame, seeds: int) -> str:
    """Each cell's memory span, and which is the shortest where that is certain."""
    spans = memory_spans(last)
    spans = spans[spans["text"] != DIVERGED]
    spans_in_words = [
        f"{span_in_words(row)} for {with_article(str(row['cell']))}"
        for row in spans.to_dict("records")
    ]
    text = f"{when} the memory span is {join_words(spans_in_words)}"
    if len(spans) == 1 or (spans["bound"] == ">").all():
        return f"{text}."
    if seeds < MIN_SEEDS:
        return f"{text}; with {_seeds(seeds)} the cells cannot be ranked."
    return f"{text}; {_shortest(last, seeds)}."


def _shortest(last: pd.DataFrame, seeds: int) -> str:
    found = estimates(last)
    first, *others = sorted(found, key=lambda cell: float(found[cell].span))
    tied = [cell for cell in others if not remembers_further(found[cell], found[first])]
    if not tied:
        return f"that of {with_article(first)} is the shortest"
    names = [cell for cell in last["cell"].unique() if cell in (first, *tied)]
    which = "the shortest spans" if len(tied) < len(others) else "the spans"
    text = (
        f"{which}, of {join_words([with_article(cell) for cell in names])}, "
        f"cannot be told apart with {_seeds(seeds)}"
    )
    more = more_seeds(found[tied[0]], found[first]) if len(tied) == 1 else None
    return f"{text}; {more} more of each would do if they turn out alike" if more else text


def _compromises(last: pd.DataFrame) -> list[str]:
    """Each cell that forgets a length and remembers a longer one, which no span can express."""
    counts, sentences = count_models(last), []
    for cell in last["cell"].unique():
        own = counts[counts["cell"] == cell]
        lengths, most = own["length"], 2 * own["remember"] - own["models"]  # above 0: most remember
        forgotten = lengths[most < 0]
        beyond = lengths[(most > 0) & (lengths > forgotten.min())]
        if len(beyond):
            further = beyond.min()
            sentences.append(
                f"{with_article(cell)} remembers T = {further} but not T = "
                f"{forgotten[forgotten < further].max()}: its span is a compromise, which more "
                "seeds would settle."
            )
    return sentences


def _seeds(seeds: int) -> str:
    return "one seed" if seeds == 1 else count(seeds, "seed")


def _solved(accuracy: pd.DataFrame) -> str:
    summary = summarise(accuracy)
    longest = summary[summary["length"] == summary["length"].max()]
    some = longest[longest["solved"] > 0]
    length = longest["length"].iloc[0]
    end = f"{_diverged(latest(accuracy))}."
    if some.empty:
        return f"at length {length} no model has solved the task{end}"
    counts = [
        f"{row['solved']} of {row['seeds']} for {with_article(str(row['cell']))}"
        for row in some.to_dict("records")
    ]
    rest = ", none for the others" if len(some) < len(longest) else ""
    return f"seeds that have solved length {length}: {join_words(counts)}{rest}{end}"


def _diverged(last: pd.DataFrame) -> str:
    counts = last[last["diverged"].astype(bool)].groupby("cell", sort=False).size()
    if counts.empty:
        return ""
    named = join_words([f"{count} of {with_article(str(cell))}" for cell, count in counts.items()])
    return f"; {of_all(counts.sum(), len(last), 'model')} diverged ({named})"


def _gradients_at_initialisation(gradients: pd.DataFrame) -> list[str]:
    """How much of the gradient reaches the first step of the longest sequences, as a sentence."""
    rows = gradients[(gradients["step"] == 0) & (gradients["state"] == "h")]
    rows = rows[rows["length"] == rows["length"].max()]
    if rows.empty:
        return []
    ratios = end_ratios(rows).groupby("cell", sort=False)["log_ratio"].median() / math.log(10)
    powers = ratios[np.isfinite(ratios) | (ratios == -np.inf)].clip(lower=SMALLEST)
    overflowed = join_words([with_article(str(cell)) for cell in ratios.index[ratios == np.inf]])
    unmeasured = join_words([with_article(str(cell)) for cell in ratios.index[ratios.isna()]])
    clauses = [
        f"the gradient norm at the first step of sequences of length {rows['length'].iloc[0]} is "
        + _compared(powers)
        if len(powers)
        else "",
        f"the gradient overflows in back-propagation for {overflowed}" if overflowed else "",
        f"the gradient could not be measured for {unmeasured}" if unmeasured else "",
    ]
    return [f"before training, {'; '.join(filter(None, clauses))}."]


def _compared(powers: pd.Series) -> str:
    """The smallest and the largest of ``powers``, log10 by cell, compared as they are shown."""
    least, most = str(powers.idxmin()), str(powers.idxmax())
    low, high = float(powers.min()), float(powers.max())
    apart = round(high) - round(low)
    close = high - low < MIN_ORDERS and low > SMALLEST
    shown = scientific(10**low) if close and high - low >= ALIKE else power_of_ten(low)
    about = "at most" if low <= SMALLEST else "about"
    text = f"{about} {shown} times that at the last step for {with_article(least)}"
    if len(powers) == 1:
        return text
    if high - low < ALIKE:
        return f"{text}, and about the same for every cell"
    if close:
        times = scientific(float(f"{10**high:.2g}") / float(f"{10**low:.2g}"))
        largest = scientific(10**high)
        return f"{text} and about {largest} for {with_article(most)}, {times} times as much"
    orders = ("at least " if low <= SMALLEST else "") + count(apart, "order")
    largest = power_of_ten(high)
    return f"{text} and about {largest} for {with_article(most)}, {orders} of magnitude apart"
