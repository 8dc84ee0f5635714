"""Sentences made from the numbers of a trained cell. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.figures.gradient_flow.over_training import ordinal
from dashboard.figures.inside.gate_style import GateRoles
from models.analysis.words import count, decimals, join_words, of_all
from models.cells.gate_names import GATE_NAMES
from models.tasks.task import Example

SELECTIVE = 0.1
"""A unit's gate is selective where its means at informative and other steps differ by more."""

MAX_INFORMATIVE = 4
"""Most informative steps that a sentence lists."""
WORTH = 0.05
"""A network whose interval begins less than this above chance has not learned its task."""


def describe_unit(
    roles: GateRoles, values: Mapping[str, np.ndarray], example: Example, unit: int
) -> str:
    """What one unit does on one sequence; empty where too many of its steps are informative."""
    at = [t for t, matters in enumerate(example.informative) if matters]
    others = [t for t, matters in enumerate(example.informative) if not matters]
    if roles.keep is None or not 1 <= len(at) <= MAX_INFORMATIVE or not others:
        return ""
    gate = roles.write or roles.keep
    opened, kept, memory = (values[name][:, unit - 1] for name in (gate, roles.keep, roles.memory))
    there = " and ".join(
        f"{decimals(opened[t], 2)} at t = {t + 1} ({example.symbols[t]})" for t in at
    )
    text = (
        f"On this sequence its {_short(gate)} {gate} is {there}, and "
        f"{decimals(opened[others].mean(), 2)} on average over the other steps. "
    )
    if gate != roles.keep:
        average = decimals(kept.mean(), 3)
        text += f"Its {_short(roles.keep)} {roles.keep} is {average} on average over all of them. "
    return text + (
        f"Its memory {roles.memory} is {decimals(memory[at[-1]], 2)} after the last informative "
        f"step and {decimals(memory[-1], 2)} at the end."
    )


def specialised(units: pd.DataFrame, roles: GateRoles, delay: int) -> list[str]:
    """How long units keep their memory, and which gates behave otherwise at informative steps.

    ``delay`` is how many time steps the task needs a memory for.
    """
    sentences = []
    if roles.keep:
        rows = units[units["gate"] == roles.keep]
        now, before = rows["time_constant"], rows["time_constant_at_initialisation"]
        sentences.append(
            f"Units that keep their memory for at least the task's delay of "
            f"{count(delay, 'step')}: **{int((now >= delay).sum())} of {len(rows)}** "
            f"({int((before >= delay).sum())} before training). The median unit keeps it for "
            f"{_steps(now.median())} ({_steps(before.median())} before)."
        )
    for gate in roles.gates:
        rows = units[units["gate"] == gate]
        if roles.signed(gate) or rows["selectivity"].isna().all():
            continue
        most = rows.iloc[int(rows["selectivity"].abs().argmax())]
        opens, closes = rows["selectivity"] > SELECTIVE, rows["selectivity"] < -SELECTIVE
        sentences.append(
            f"**{gate}** is more open at informative steps, by more than {SELECTIVE}, in "
            f"**{of_all(opens.sum(), len(rows), 'unit')}**, and less open in {closes.sum()}. Most "
            f"selective: unit {int(most['unit'])}, with a mean of "
            f"{decimals(most['informative'], 2)} at informative steps and "
            f"{decimals(most['distractor'], 2)} at all others."
        )
    return sentences


def remembered(table: pd.DataFrame) -> list[str]:
    """What the probe reads from each state at the end, and whether it could read more before."""
    sentences = []
    for (state, reads), unsorted in table.groupby(["state", "reads"], sort=False):
        rows = unsorted.sort_values("t")
        best, end = rows.iloc[int(rows["accuracy"].argmax())], rows.iloc[-1]
        text = (
            f"**{target_name(str(reads))} from {state}**: at the end {end['accuracy']:.3f} "
            f"({end['low']:.3f} to {end['high']:.3f}, {int(end['sequences'])} sequences)"
        )
        if best["low"] > end["high"]:
            text += f"; best at t = {int(best['t'])} with {best['accuracy']:.3f}, lost again later"
        elif (clear := rows[rows["low"] > rows["shuffled_high"]]).empty:
            text += ": no better than with shuffled labels"
        else:
            text += f"; above the control from t = {int(clear['t'].iloc[0])} on"
        sentences.append(f"{text}.")
    return sentences


def target_name(reads: str) -> str:
    """What the probe reads, for people: the answer, or its symbol of this number."""
    symbol = reads.removeprefix("part ")
    return reads if symbol == reads else f"{ordinal(int(symbol))} symbol"


def needed(table: pd.DataFrame, chance: float) -> list[str]:
    """The ablation table in sentences: which gates may be held, and which must move."""
    intact = table[table["gate"] == ""].iloc[0]
    if intact["low"] < chance + WORTH:
        return ["This network is barely better than chance, so holding a gate shows nothing."]
    held = table[table["gate"] != ""]
    sentences = []
    for gate in dict.fromkeys(held["gate"]):
        rows = held[held["gate"] == gate]
        harmless = rows[rows["high"] >= intact["low"]]
        name = f"**{gate}** ({_short(gate)})"
        if harmless.empty:
            best = rows.iloc[int(rows["accuracy"].argmax())]
            sentences.append(
                f"{name} has to change with the sequence: wherever it is held, accuracy falls, at "
                f"best to {best['accuracy']:.3f} (held at {_at(str(best['to']))})."
            )
        elif len(harmless) == len(rows):
            sentences.append(f"{name} is not needed: wherever it is held, accuracy stays the same.")
        else:
            places = " or at ".join(_at(str(to)) for to in harmless["to"])
            worst = rows.iloc[int(rows["accuracy"].argmin())]
            sentences.append(
                f"{name} can be held at {places}; held at {_at(str(worst['to']))}, accuracy falls "
                f"to {worst['accuracy']:.3f}."
            )
    return sentences


def interventions_in_words(interventions: Sequence[Mapping[str, Any]]) -> str:
    """Interventions as people read them: "f = 1 in all units, steps 1 to 100"."""
    return "; ".join(_in_words(one) for one in interventions)


def _in_words(one: Mapping[str, Any]) -> str:
    units = one.get("units")
    where = "all units"
    if units:
        where = f"unit{'s' * (len(units) > 1)} {join_words([*map(str, units)])}"
    match one["kind"]:
        case "clamp":
            to = "its mean" if one["to"] == "mean" else f"{one['to']:g}"
            return f"{one['gate']} = {to} in {where}, steps {one['first']} to {one['last']}"
        case "erase":
            return f"{one['state']} = 0 in {where} after step {one['t']}"
        case "noise":
            return (
                f"noise of {one['scale']:g} standard deviations on {one['state']} after step "
                f"{one['t']}"
            )
        case _:
            return f"after step {one['t']}, each sequence continues with the state of another one"


def _short(name: str) -> str:
    return GATE_NAMES.get(name, "gate")


def _at(to: str) -> str:
    return "its mean" if to == "mean" else to


def _steps(value: float) -> str:
    return count(float(f"{value:.3g}"), "step") if np.isfinite(value) else "ever"
