"""Early steps learn last: the symbols that come first are learned last, if at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.analysis.statistics import trained
from models.analysis.words import capitalise, count, join_words, with_article
from models.claims.early_inputs import EARLY_LEARN_LESS
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import NOT_YET, present
from models.stories.story import Step, Story, Tables

KNOWN = 0.9
"""A symbol counts as known once this share of answers has it right."""
SYMBOLS = "accuracy_part_"
"""The beginning of the diagnostics that have the accuracy of each symbol."""


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return NOT_YET
    rows, longest = tables["diagnostics"], experiment.lengths[-1]
    steps_of = {cell: _steps(rows, cell, longest) for cell in present(experiment, accuracy)}
    unmeasured = [with_article(cell) for cell, steps in steps_of.items() if not len(steps)]
    sentences = [_order(cell, steps) for cell, steps in steps_of.items() if len(steps)]
    opening = (
        f"A symbol counts as known once {KNOWN:.0%} of the answers have it right (T = {longest})."
    )
    if unmeasured:
        sentences.append(f"It was not measured for {join_words(unmeasured)}.")
    return " ".join([opening, *sentences])


def _order(cell: str, steps: np.ndarray) -> str:
    """The training steps (symbols,) at which a cell knew each symbol, in a sentence."""
    if not np.isfinite(steps).any():
        return f"{capitalise(with_article(cell))} has learned none of them."
    after = [
        f"after {count(step, 'training step')}" if np.isfinite(step) else "never" for step in steps
    ]
    symbols = [f"symbol {place} {when}" for place, when in enumerate(after, start=1)]
    return f"{capitalise(with_article(cell))} knew {join_words(symbols)}."


def _steps(rows: pd.DataFrame, cell: str, length: int) -> np.ndarray:
    """The training step from which on a cell knows each symbol, (symbols,), by the mean of seeds.

    inf where there is none; without entries where it was not measured.
    """
    own = rows[
        (rows["cell"] == cell)
        & (rows["length"] == length)
        & rows["diagnostic"].str.startswith(SYMBOLS)
    ]
    if own.empty:
        return np.array([])
    means = own.groupby(["diagnostic", "step"])["value"].mean().unstack()
    right = means.to_numpy() >= KNOWN
    steps = means.columns.to_numpy(float)
    return np.where(right.any(axis=1), steps[right.argmax(axis=1)], np.inf)


STORY = Story(
    name="early_steps",
    title="Early steps learn last",
    claims=(EARLY_LEARN_LESS,),
    text="At the end the network names three symbols: one came early, one in the middle, one "
    "late. Each has its own curve: the share of held-out answers in which it is right (1/2 by "
    "guessing). If the gradient fades on its way back, the last steps have the most influence on "
    "training. The late symbol should then be learned first. The early one has to wait until the "
    "gradient reaches back to it, perhaps for ever. The heat map shows how far to the left the "
    "gradient reaches as training proceeds.",
    source="Hochreiter & Schmidhuber 1997, section 5.6, task 6b; Pascanu, Mikolov & Bengio 2013",
    presets=(
        Preset(
            "early_steps",
            "Three symbols",
            "When each of three symbols is learned.",
            Experiment(
                task="temporal_order:symbols=3",
                cells=("rnn", "lstm", "gru"),
                lengths=(20, 25, 35),
                steps=300,
                learning_rate=(0.005,),
                evaluate_every=10,
            ),
        ),
    ),
    steps=(
        Step(
            "Twenty steps: how far to the left does the gradient of the simple RNN reach, and "
            "after how many training steps?",
            "training",
            20,
            cell="rnn",
        ),
        Step(
            "Over 35 steps, the gradient of the same cell has to reach further. The curves of "
            "the three symbols are further down.",
            "training",
            35,
            cell="rnn",
        ),
        Step(
            "The LSTM over the same 35 steps. By its curves further down, its early symbol "
            "does not have to wait.",
            "training",
            35,
            cell="lstm",
        ),
    ),
    conclusion=conclusion,
)
