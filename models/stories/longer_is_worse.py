"""Longer is worse: the gradient decays with every step that it goes back."""

from __future__ import annotations

from models.experiment import Experiment
from models.presets import Preset
from models.stories.numbers import finished, half_lives, longest_solved, reach, the
from models.stories.story import Story, Tables

NOTES_SAY = 10
SIMPLE = "rnn:init=pytorch"


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    told = (
        f"At birth, going back through {longest} steps, the gradient "
        f"{half_lives(tables['diagnostics'], longest)}."
    )
    accuracy = tables["accuracy"]
    if not finished(accuracy):
        return told
    told += f" {reach(accuracy, experiment.cells)}"
    simple = next((cell for cell in experiment.cells if cell.startswith("rnn")), None)
    if simple is None:
        return told
    length = longest_solved(accuracy, simple)
    tried = [other for other in experiment.lengths if other > length]
    if not tried:
        return f"{told} Here {the(simple)} has not begun to forget at {longest} steps."
    where = f"between {length} and {tried[0]}" if length else f"at {tried[0]} or before"
    agrees = "as the notes say" if length <= NOTES_SAY < tried[0] else "later than the notes say"
    return (
        f"{told} Here {the(simple)} starts to forget {where} steps, {agrees} "
        f"(beyond about {NOTES_SAY})."
    )


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
