"""What a run showed, in one to three sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.memory_span import DIVERGED, memory_spans
from models.analysis.statistics import better_than_chance, latest, summarise
from models.cells import cell_title
from models.experiment import Experiment

FEWEST_SEEDS = 3
"""With two, one of eight pairs of equal cells would be ranked; with three, one of thirty."""

SMALLEST = -38
"""log10 of the smallest normal float32: what is less has become 0."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def findings(
    experiment: Experiment, accuracy: pd.DataFrame, gradients: pd.DataFrame | None = None
) -> str:
    """One to three plain sentences for people.

    ``accuracy`` has one learning rate for each (cell, length), see ``select_learning_rate``;
    ``gradients`` has at least step 0, or is left out; a truncated gradient says nothing of the
    cell. A cell is said to give up first only
    where its interval over seeds overlaps with no other and there is a tested length between them.
    """
    sentences = [*_trained(experiment, accuracy)]
    truncated = 0 < experiment.truncate < max(experiment.lengths)
    if gradients is not None and not truncated:
        sentences += _gradients_at_birth(gradients)
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)


def _trained(experiment: Experiment, accuracy: pd.DataFrame) -> list[str]:
    if experiment.steps == 0:
        return ["nothing was trained: these are the models at birth."]
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
    return [_reach(when, last, experiment), _solved(accuracy)]


def _when(experiment: Experiment, last: pd.DataFrame) -> str:
    step = int(last["step"].mean())  # as the store counts the steps of a run
    if step < experiment.steps:
        return f"so far (step {step} of {experiment.steps})"
    return f"after {step} steps"


def _at_chance(last: pd.DataFrame) -> bool:
    return not better_than_chance(last).any()


def _reach(when: str, last: pd.DataFrame, experiment: Experiment) -> str:
    """Each cell's memory span, and which gives up first where that can be told."""
    seeds, spans = experiment.seeds, memory_spans(last)
    spans = spans[spans["text"] != DIVERGED]
    told = [_span(row) for row in spans.to_dict("records")]
    text = f"{when} the memory span is {_list(told)}"
    if len(spans) == 1 or (spans["bound"] == ">").all():
        return f"{text}."
    if seeds < FEWEST_SEEDS or spans["low"].isna().any():
        return f"{text}; with {_seeds(seeds)} the cells cannot be ranked."
    return f"{text}; {_first_to_give_up(spans, sorted(set(last['length'])), seeds)}."


def _span(row: dict[Hashable, Any]) -> str:
    # Where the interval says no more than the bound does, it is left out.
    interval = f" ({row['interval']})" if row["interval"] not in ("", row["text"]) else ""
    return f"{row['text']}{interval} for {_the(str(row['cell']))}"


def _first_to_give_up(spans: pd.DataFrame, lengths: Sequence[int], seeds: int) -> str:
    reach = spans["span"].where(spans["bound"] != "<", 0)
    first = spans.iloc[int(reach.argmin())]
    # Between two neighbouring lengths a span is interpolated, which ranks nothing.
    tested = min((length for length in lengths if length >= first["high"]), default=np.inf)
    tied = spans[(spans["low"] <= first["high"]) | (spans["low"] < tested)]
    if len(tied) == 1:
        return f"{_the(first['cell'])} gives up first"
    names = _list([_the(cell) for cell in tied["cell"]])
    which = "the shortest spans" if len(tied) < len(spans) else "the spans"
    return f"{which}, of {names}, cannot be told apart with {_seeds(seeds)}"


def _seeds(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"{seeds} seeds"


def _solved(accuracy: pd.DataFrame) -> str:
    summary = summarise(accuracy)
    longest = summary[summary["length"] == summary["length"].max()]
    some = longest[longest["solved"] > 0]
    length = longest["length"].iloc[0]
    end = f"{_diverged(latest(accuracy))}."
    if some.empty:
        return f"at length {length} no model has solved the task{end}"
    counts = [
        f"{row['solved']} of {row['seeds']} for {_the(str(row['cell']))}"
        for row in some.to_dict("records")
    ]
    rest = ", none for the others" if len(some) < len(longest) else ""
    return f"seeds that have solved length {length}: {_list(counts)}{rest}{end}"


def _diverged(last: pd.DataFrame) -> str:
    counts = last[last["diverged"].astype(bool)].groupby("cell", sort=False).size()
    if counts.empty:
        return ""
    named = _list([f"{count} of {_the(str(cell))}" for cell, count in counts.items()])
    return f"; {counts.sum()} of {len(last)} models diverged ({named})"


def _gradients_at_birth(gradients: pd.DataFrame) -> list[str]:
    """How much of the gradient reaches the first step of the longest sequences."""
    rows = gradients[(gradients["step"] == 0) & (gradients["state"] == "h")]
    rows = rows[rows["length"] == rows["length"].max()]
    decay = {str(cell): _decay(profile) for cell, profile in rows.groupby("cell", sort=False)}
    decay = {cell: power for cell, power in decay.items() if np.isfinite(power)}
    if not decay:
        return []
    least, most = min(decay, key=decay.__getitem__), max(decay, key=decay.__getitem__)
    apart = decay[most] - decay[least]
    text = (
        f"before training, the gradient norm at the first step of sequences of length "
        f"{rows['length'].iloc[0]} is {_power(decay[least])} of that at the last for {_the(least)}"
    )
    if len(decay) == 1:
        return [f"{text}."]
    if round(apart) == 0:
        return [f"{text}, and about the same for every cell."]
    orders = f"{round(apart)} order{'s' if round(apart) > 1 else ''} of magnitude apart"
    return [f"{text} and {_power(decay[most])} for {_the(most)}, {orders}."]


def _decay(profile: pd.DataFrame) -> float:
    """log10 of the gradient norm at the first step over that at the last, mean over models."""
    models = profile.sort_values("t").groupby(["seed", "learning_rate"])["gradient_norm"]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = models.first(skipna=False) / models.last(skipna=False)
        powers = np.log10(share.to_numpy(float))
    powers = powers[~np.isnan(powers) & (powers < np.inf)]
    return float(np.maximum(powers, SMALLEST).mean()) if len(powers) else np.nan


def _power(exponent: float) -> str:
    power = "10" + str(round(exponent)).translate(SUPERSCRIPTS)
    return f"at most {power}" if exponent <= SMALLEST else f"about {power}"


def _the(cell: str) -> str:
    return f"the {cell_title(cell)}"


def _list(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
