"""Early steps learn last: the symbols that came first are known last, if at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.experiment import Experiment
from models.presets import Preset
from models.stories.numbers import finished, listed, the
from models.stories.story import Story, Tables

KNOWN = 0.9
"""Share of right answers from which on a symbol counts as known."""
PART = "accuracy_part_"


def says(experiment: Experiment, tables: Tables) -> str:
    if not finished(tables["accuracy"]):
        return "Nothing is trained yet."
    rows, longest = tables["diagnostics"], experiment.lengths[-1]
    told = [_order(rows, cell, longest) for cell in experiment.cells]
    in_turn, reversed_, cases = [], [], 0
    for cell in experiment.cells:
        steps = _steps(rows, cell, longest)
        if np.isfinite(steps).any() and len(set(steps)) > 1:
            cases += 1
            in_turn += [the(cell)] * bool((steps[:-1] >= steps[1:]).all())
            reversed_ += [the(cell)] * bool((steps[:-1] <= steps[1:]).all())
    text = f"At T = {longest}, {listed(told)}."
    if not cases:
        return f"{text} No order can be seen."
    if in_turn:
        text += f" As the notes say, {listed(in_turn)} learnt the late ones first."
    if reversed_:
        text += (
            f" Not so {listed(reversed_)}, which learnt the early ones first: the statement is "
            "about gradients that fade, not about every cell."
        )
    return text


def _order(rows: pd.DataFrame, cell: str, length: int) -> str:
    steps = _steps(rows, cell, length)
    parts = [
        f"symbol {place} after {step:.0f} steps" if np.isfinite(step) else f"symbol {place} never"
        for place, step in enumerate(steps, start=1)
    ]
    return f"{the(cell)} knew {', '.join(parts)}"


def _steps(rows: pd.DataFrame, cell: str, length: int) -> np.ndarray:
    """The first evaluation at which each part is right in KNOWN of answers, mean over seeds."""
    own = rows[
        (rows["cell"] == cell)
        & (rows["length"] == length)
        & rows["diagnostic"].str.startswith(PART)
    ]
    means = own.groupby(["diagnostic", "step"])["value"].mean().unstack()
    known = means.to_numpy() >= KNOWN
    steps = means.columns.to_numpy(float)
    return np.where(known.any(axis=1), steps[known.argmax(axis=1)], np.inf)


STORY = Story(
    name="early_steps",
    title="Early steps learn last",
    statement="Early inputs train less than late ones.",
    text="Three symbols have to be named at the end: one early, one in the middle, one late. Each "
    "has its own curve: the share of held-out answers in which it is right, from 1/2 by guessing. "
    "Where the gradient fades on its way back, the loss pulls hardest on the last steps: the late "
    "symbol should be learnt first, and the early one wait until the cell carries a gradient back "
    "to it, or for ever. The heat map shows how far to the left the gradient reaches as training "
    "goes on.",
    source="Hochreiter & Schmidhuber 1997, section 5.6, task 6b; Pascanu, Mikolov & Bengio 2013",
    opens="training",
    presets=(
        Preset(
            "early_steps",
            "Three symbols",
            "Which of three symbols is known when.",
            Experiment(
                task="temporal_order:symbols=3",
                cells=("rnn", "gru", "lstm:bias=chrono"),
                lengths=(20, 50, 100),
                steps=400,
                learning_rate=(0.01,),
                evaluate_every=10,
            ),
        ),
    ),
    says=says,
)
