"""Longer is worse: the gradient decays with every step that it goes back."""

from __future__ import annotations

import pandas as pd

from models.analysis.statistics import trained
from models.analysis.words import capitalise, count, with_article
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import half_lives, lengths_solved, present, reach
from models.stories.story import Step, Story, Tables

EXPECTED_STEPS = 10
"""The steps beyond which a simple RNN is expected to start to forget."""
SIMPLE = "rnn:init=pytorch"
"""The simple RNN of the textbooks."""


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest = experiment.lengths[-1]
    subject = f"At initialisation, going back {count(longest, 'step')}, the gradient"
    text = half_lives(subject, tables["diagnostics"], experiment.cells, longest)
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return text
    text += f" {reach(experiment, accuracy)}"
    simple = [cell for cell in present(experiment, accuracy) if cell.startswith("rnn")]
    return f"{text} {_cliff(experiment, accuracy, simple[0])}" if simple else text


def _cliff(experiment: Experiment, accuracy: pd.DataFrame, simple: str) -> str:
    """The lengths between which the simple RNN starts to forget, in a sentence."""
    solved = lengths_solved(accuracy, simple)
    measured = accuracy.loc[accuracy["cell"] == simple, "length"]
    unsolved = sorted(set(measured) - set(solved))
    expected, who = f"expected (beyond about {EXPECTED_STEPS})", capitalise(with_article(simple))
    if not unsolved:
        longest = max(solved)
        against = f", later than {expected}" if longest > EXPECTED_STEPS else ""
        return f"{who} does not start to forget up to {count(longest, 'step')}{against}."
    before = [length for length in solved if length < unsolved[0]]
    sooner = unsolved[0] <= EXPECTED_STEPS
    if not before:
        against = f": sooner than {expected}" if sooner else ""
        return f"{who} already forgets at {count(unsolved[0], 'step')}{against}."
    late = before[-1] > EXPECTED_STEPS
    against = "sooner than" if sooner else "later than" if late else "as"
    between = f"between {before[-1]} and {unsolved[0]} steps"
    return f"{who} starts to forget {between}, {against} {expected}."


STORY = Story(
    name="longer_is_worse",
    title="Longer is worse",
    statement="Over many steps the gradient vanishes or explodes: a simple RNN starts to forget "
    "beyond about 10 steps.",
    text="The loss is at the last step, but the symbols it depends on came long before. On its "
    "way back to them, the gradient is multiplied at every step by the same weights and by the "
    "slope of the activation. It therefore shrinks exponentially: on a logarithmic axis, along a "
    "straight line whose slope is given by the half-life. At twice the length, the share that is "
    "left is squared. Change the sequence length and see where 1% remains. Then see which "
    "lengths each cell learns.",
    source="Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013, "
    "section 2.1",
    presets=(
        Preset(
            "longer_is_worse",
            "Four cells, longer and longer",
            "How far back the gradient reaches, and which lengths each cell learns.",
            Experiment(
                cells=(SIMPLE, "rnn", "lstm", "gru"),
                lengths=(10, 20, 50, 100),
                steps=300,
                learning_rate=(0.01,),
            ),
        ),
    ),
    steps=(
        Step(
            "Ten steps. Read each line from right to left: how much of the gradient is left at "
            "the first step?",
            "initialisation",
            10,
        ),
        Step(
            "The same cells over 100 steps. Each line keeps falling with its own half-life: what "
            "was a small loss over 10 steps is now the loss of almost everything.",
            "initialisation",
            100,
        ),
        Step(
            "During training at 100 steps. Where the heat map darkens towards the left, the "
            "early steps have almost no influence on what is learned.",
            "training",
            100,
            cell="rnn",
        ),
    ),
    conclusion=conclusion,
)
