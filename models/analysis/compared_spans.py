"""Memory spans of several runs side by side, and a pivot of them over settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import pandas as pd

from models.analysis.comparison import span_ratio
from models.analysis.differences import OF_MODELS, differences, in_words
from models.analysis.memory_span import DIVERGED, estimate_in_words
from models.analysis.run_summary import CellSummary, RunSummary, pooled, totals
from models.analysis.words import number
from models.cells import cell_label
from models.experiment import Experiment
from models.experiment.experiment import SETTINGS

Summarised = tuple[Experiment, RunSummary]
"""A run by its experiment and its summary."""
Value = Literal["memory span", "remember", "solved"]
"""What stands in a pivot: the span of all its models, or how many remember or solved a length."""
CELL, LENGTH = "Cell", "Sequence length"
"""Further axes of a pivot, beside the settings: a run has several of both."""
NO_RATIO = "–"


def side_by_side(runs: Mapping[str, RunSummary]) -> pd.DataFrame:
    """A row for each cell of any run, and for each run, by its name, the span with its interval.

    From the second run on a further column says how many times as long its span is as that of the
    first run, with the 95% interval.
    """
    cells = dict.fromkeys(one.cell for summary in runs.values() for one in summary)
    known = {name: {one.cell: one for one in summary} for name, summary in runs.items()}
    first = next(iter(known), "")
    columns: dict[str, list[str]] = {"cell": [cell_label(cell) for cell in cells]}
    for name, own in known.items():
        columns[name] = [own[cell].span_in_words() if cell in own else "" for cell in cells]
        if name != first:
            columns[f"{name} ÷ {first}"] = [
                ratio_in_words(own[cell], known[first][cell])
                if cell in own and cell in known[first]
                else NO_RATIO
                for cell in cells
            ]
    return pd.DataFrame(columns)


def ratio_in_words(one: CellSummary, other: CellSummary) -> str:
    """How many times as long the one span is as the other: "1.8 (1.2–2.5)", "at least 3".

    Where a span lies beyond the lengths tested, only one end of the ratio is known, or none.
    """
    mine, others = one.estimate(), other.estimate()
    if mine is None or others is None:
        return NO_RATIO
    ratio = span_ratio(mine, others)
    bounds = one.bound + other.bound.translate({ord("<"): ">", ord(">"): "<"})
    if bounds in (">", ">>"):
        return f"at least {number(ratio.low)}"
    if bounds in ("<", "<<"):
        return f"at most {number(ratio.high)}"
    if bounds:
        return "not known"
    text = f"{number(one.span / other.span)} ({number(ratio.low)}–{number(ratio.high)})"
    return f"{text}, alike" if ratio.alike else text


def axes(runs: Sequence[Summarised], value: Value) -> list[str]:
    """What a pivot of these runs can be laid out by: cell, length, and settings that differ."""
    not_one = {SETTINGS[name].label for name in OF_MODELS}
    labels = [one.label for one in differences([experiment for experiment, _ in runs])]
    settings = [label for label in labels if label not in not_one]
    return [CELL, *([LENGTH] if value != "memory span" else []), *settings]


def pivot(runs: Sequence[Summarised], rows: str, columns: str, value: Value) -> pd.DataFrame:
    """A table of one of ``axes`` by another; in each place stands the value of its models together.

    A model that several runs have counts once, see ``_each_once``.
    """
    found: defaultdict[tuple[str, str], list[CellSummary]] = defaultdict(list)
    for experiment, part in _each_once(runs):
        places = {
            **in_words(experiment),
            CELL: cell_label(part.cell),
            LENGTH: str(part.lengths[0]),
        }
        found[places.get(rows, ""), places.get(columns, "")].append(part)
    texts = {place: _text(parts, value) for place, parts in found.items()}
    heads = [_ordered({place[side] for place in texts}) for side in (0, 1)]
    table = [[texts.get((row, column), "") for column in heads[1]] for row in heads[0]]
    return pd.DataFrame(table, index=pd.Index(heads[0], name=rows), columns=heads[1])


def _each_once(runs: Sequence[Summarised]) -> Iterator[tuple[Experiment, CellSummary]]:
    """Each cell of the runs at each length, with the experiment.

    What is trained alike with the same seed is the same model. Of runs that share seeds, the one
    with the most counts.
    """
    alike: defaultdict[Hashable, list[tuple[Experiment, CellSummary]]] = defaultdict(list)
    for experiment, summary in runs:
        settings = tuple(v for name, v in vars(experiment).items() if name not in OF_MODELS)
        sizes = experiment.hidden_sizes()
        for cell in summary:
            for part in _by_length(cell):
                model = settings, cell.cell, sizes[cell.cell], part.lengths
                alike[model].append((experiment, part))
    for found in alike.values():
        counted: set[int] = set()
        for experiment, part in sorted(found, key=lambda one: -one[0].seeds):
            if counted.isdisjoint(experiment.seed_numbers):
                counted.update(experiment.seed_numbers)
                yield experiment, part


def _by_length(cell: CellSummary) -> list[CellSummary]:
    """Each length of a cell for itself."""
    counts = zip(
        *(cell.lengths, cell.models, cell.trained, cell.remember, cell.solved), strict=True
    )
    return [
        replace(
            cell,
            lengths=(length,),
            models=(models,),
            trained=(trained,),
            remember=(remember,),
            solved=(solved,),
        )
        for length, models, trained, remember, solved in counts
    ]


def _text(parts: Sequence[CellSummary], value: Value) -> str:
    if value == "memory span":
        found = pooled(parts)
        return estimate_in_words(found) if found else DIVERGED
    counts = totals(parts).sum()
    return f"{counts[value]} of {counts['models']}"


def _ordered(texts: set[str]) -> list[str]:
    """Numbers by size, and then other texts in alphabetical order."""

    def place(text: str) -> tuple[bool, float, str]:
        try:
            return False, float(text.replace(",", "")), text
        except ValueError:
            return True, 0.0, text

    return sorted(texts, key=place)
