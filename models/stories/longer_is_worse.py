"""Longer is worse: the gradient decays with every step that it goes back."""

from __future__ import annotations

import pandas as pd

from models.analysis.words import count, sentence, the
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.numbers import finished, half_lives, lengths_solved, present, reach
from models.stories.story import Story, Tables

NOTES_SAY = 10
SIMPLE = "rnn:init=pytorch"


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    subject = f"At initialisation, going back through {count(longest, 'step')}, the gradient"
    told = half_lives(subject, tables["diagnostics"], experiment.cells, longest)
    accuracy = finished(tables["accuracy"])
    if accuracy.empty:
        return told
    told += f" {reach(experiment, accuracy)}"
    simple = [cell for cell in present(experiment, accuracy) if cell.startswith("rnn")]
    return f"{told} {_cliff(experiment, accuracy, simple[0])}" if simple else told


def _cliff(experiment: Experiment, accuracy: pd.DataFrame, simple: str) -> str:
    """Between which lengths the simple RNN starts to forget, against what the notes say."""
    solved = lengths_solved(accuracy, simple)
    measured = accuracy.loc[accuracy["cell"] == simple, "length"]
    unsolved = sorted(set(measured) - set(solved))
    notes, who = f"the notes say (beyond about {NOTES_SAY})", sentence(the(simple))
    if not unsolved:
        longest = max(solved)
        against = f", later than {notes}" if longest > NOTES_SAY else ""
        return f"{who} does not forget at {count(longest, 'step')}{against}."
    before = [length for length in solved if length < unsolved[0]]
    sooner = unsolved[0] <= NOTES_SAY
    if not before:
        against = f": sooner than {notes}" if sooner else ""
        return f"{who} forgets at {count(unsolved[0], 'step')} already{against}."
    late = before[-1] > NOTES_SAY
    agrees = f"sooner than {notes}" if sooner else f"later than {notes}" if late else f"as {notes}"
    return f"{who} starts to forget between {before[-1]} and {unsolved[0]} steps, {agrees}."


STORY = Story(
    name="longer_is_worse",
    title="Longer is worse",
    statement="Through many steps the gradient vanishes or explodes: a simple RNN starts to forget "
    "beyond about 10 steps.",
    text="The loss is at the last step; the symbols it depends on came long before. On its way "
    "back to them the gradient is multiplied at every step by the same weights and by the slope "
    "of the activation, so it shrinks like a power: on a logarithmic axis, a straight line. Its "
    "slope is the half-life; twice the length, and the square of what was left is left. Move the "
    "sequence length and see where 1 % remains, then look at which lengths each cell learns.",
    source="Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013, "
    "section 2.1",
    opens="birth",
    presets=(
        Preset(
            "longer_is_worse",
            "Four cells, ever longer",
            "How far the gradient gets, and how far the cell learns.",
            Experiment(
                cells=(SIMPLE, "rnn", "lstm", "gru"),
                lengths=(10, 20, 50, 100),
                steps=300,
                learning_rate=(0.01,),
            ),
        ),
    ),
    says=says,
)
