"""What a plot says of the run that it belongs to."""

from __future__ import annotations

from models.analysis.differences import OF_MEASURING
from models.analysis.words import count, number
from models.experiment import Experiment
from models.experiment.experiment import SETTINGS
from models.tasks import task_title

SHOWN = ("task", "cells", "lengths", "seeds", "steps")
"""Settings that the plot shows anyway, or that its title says in words of its own."""


def run_title(experiment: Experiment, name: str) -> str:
    """The task, the settings that are not the usual ones, and the name of the run."""
    said = [f"<b>{task_title(experiment.task)}</b>"]
    said += [count(experiment.seeds, "seed"), count(experiment.steps, "step")]
    for setting in SETTINGS.values():
        value = getattr(experiment, setting.name)
        if setting.name not in (*SHOWN, *OF_MEASURING) and value != setting.default:
            values = value if setting.several else [value]
            texts = (
                setting.in_words(one) if isinstance(one, str) else number(one) for one in values
            )
            said.append(f"{setting.label.lower()} {', '.join(texts)}")
    return " · ".join([*said, name])
