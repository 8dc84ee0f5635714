"""The task in words, with a drawing of one sequence."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard.components.charts import cached
from dashboard.components.live_chart import as_json, live_chart
from dashboard.figures.sequence import example_picture, example_sequence
from models.experiment import Experiment
from models.experiment.random_streams import Stream, generator
from models.tasks import make_task
from models.tasks.task import Example, Task

BARE = {"displayModeBar": False}


def task_legend(experiment: Experiment) -> None:
    """Describes the task and its criterion, and draws one sequence at the shortest length."""
    task = make_task(experiment.task)
    legend = task.legend
    st.markdown(
        f"- **Input**: {legend.goes_in}\n- **Question**: {legend.asked}\n"
        f"- **Dependency**: {legend.dependency}\n- **Criterion**: {task.criterion}"
    )
    length = experiment.lengths[0]
    drawn = cached(f"task {experiment.task}", "legend", (length,), lambda: _drawn(task, length))
    for key, figure in drawn.items():
        live_chart(figure, key, BARE)


def _drawn(task: Task, length: int) -> dict[str, str]:
    """The figures of one sequence, and of its picture where it has one, by the chart's key."""
    example = task.example(np.random.default_rng(0), length)
    picture = {"picture": as_json(example_picture(example))} if example.picture else {}
    return {**picture, "example": as_json(example_sequence(example))}


def held_out_sequence(experiment: Experiment, seed: int, length: int) -> Example:
    """The first of the sequences that the profiles of this seed and length are measured on."""
    task = make_task(experiment.task)
    source = generator(seed, length, Stream.PROFILE)
    return task.describe(task.sample(source, experiment.batch_size, length, "held_out"), 0)
