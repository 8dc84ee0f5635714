"""Longer is worse: the gradient decays with every step that it goes back."""

from __future__ import annotations

from models.analysis.statistics import trained
from models.analysis.words import count
from models.claims.forgetting import FORGETS_BEYOND_TEN
from models.claims.instability import LONGER_IS_WORSE
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import half_lives, reach
from models.stories.story import Step, Story, Tables

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
    return f"{text} {reach(experiment, accuracy)}"


STORY = Story(
    name="longer_is_worse",
    title="Longer is worse",
    claims=(LONGER_IS_WORSE, FORGETS_BEYOND_TEN),
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
