"""Losses at every step: sequence-to-vector against sequence-to-sequence."""

from __future__ import annotations

from models.analysis.statistics import trained
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import half_lives, reach
from models.stories.story import Step, Story, Tables
from models.tasks import make_task


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest = experiment.lengths[-1]
    subject = f"At initialisation, T = {longest}, the gradient of the last step's loss"
    text = half_lives(subject, tables["diagnostics"], experiment.cells, longest)
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return text
    every = make_task(experiment.task).target_steps(longest) > 1
    where = "with losses at every step, but" if every else "with the loss at the last step, and"
    judged = f"The models are trained {where} are judged by the last answer alone."
    return f"{text} {judged} {reach(experiment, accuracy)}"


def _preset(name: str, title: str, lesson: str, task: str) -> Preset:
    experiment = Experiment(
        task=task,
        cells=("rnn", "lstm", "gru"),
        lengths=(20, 50, 100),
        steps=300,
        learning_rate=(0.01,),
    )
    return Preset(name, title, lesson, experiment)


STORY = Story(
    name="every_step",
    title="Losses at every step",
    own_statement="The loss can be taken at the last step alone, or at every step.",
    text="With one loss at the end (sequence-to-vector), everything that the early steps learn "
    "comes back through the whole sequence. With a target at every step (sequence-to-sequence; "
    "here: which symbols have come so far), the step of each symbol has a loss right beside it. "
    "The cell soon learns to recognise the symbol; it still has to learn to keep it. The losses "
    "are averaged, not summed, so that clipping and learning rates mean the same at every length.",
    source="Losses summed over the steps: Werbos 1990; a task that has them by definition is "
    "copy (Arjovsky, Shah & Bengio 2016)",
    presets=(
        _preset(
            "every_step", "At every step", "A target at each step.", "temporal_order:targets=every"
        ),
        _preset(
            "last_step",
            "At the last step",
            "The same task with one target, at the last step.",
            "temporal_order",
        ),
    ),
    steps=(
        Step(
            "One loss, at the end: the gradient enters at the right edge of the heat map and has "
            "to travel back to the early steps.",
            "training",
            100,
            preset=1,
            cell="lstm",
        ),
        Step(
            "A loss at every step: the gradient enters at every time step, right beside the "
            "symbols.",
            "training",
            100,
            preset=0,
            cell="lstm",
        ),
        Step(
            "The same for the simple RNN: each symbol has a loss right beside it, but still has "
            "to be kept.",
            "training",
            100,
            preset=0,
            cell="rnn",
        ),
    ),
    conclusion=conclusion,
)
