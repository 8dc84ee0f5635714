"""What the answer to a quick question costs, by the same coefficients as a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.experiment import Experiment
from models.experiment.cost.coefficients import MEMORY
from models.experiment.cost.estimate import MEGABYTE, REFERENCE, Cost, Speed
from models.experiment.cost.work import PopulationWork
from models.experiment.partition import partition

MAX_SEEDS = 3
"""How many seeds are measured at initialisation: those that an experiment has by default; more
would take longer than a visitor waits."""


def cost_of_answer(name: str, arguments: Mapping[str, Any], speed: Speed = REFERENCE) -> Cost:
    """Time and memory of an answer, in a process of its own that has torch loaded.

    ``name`` and ``arguments`` are those of ``models.service.questions``; one about no experiment
    costs nothing to speak of. Raises ExperimentError.
    """
    if "experiment" not in arguments:
        return Cost(seconds=0.0, megabytes=0.0)
    experiment = _measured_once(name, arguments)
    populations = [PopulationWork(experiment, shard) for shard in partition(experiment)]
    works = [population.setting_up() + population.evaluation() for population in populations]
    memory = [population.held() + population.passing() for population in populations]
    return Cost(
        seconds=sum(w.overhead / speed.overhead + w.arithmetic / speed.arithmetic for w in works),
        megabytes=(MEMORY.process + max(memory)) / MEGABYTE,
    )


def _measured_once(name: str, arguments: Mapping[str, Any]) -> Experiment:
    """The experiment of which one evaluation takes about as much as the answer."""
    asked = Experiment.from_mapping(arguments["experiment"])
    if name == "at_initialisation":
        few: dict[str, Any] = {"seeds": min(asked.seeds, MAX_SEEDS), "held_out": asked.batch_size}
    else:
        sequences = arguments.get("sequences", asked.batch_size)
        few = {
            "cells": (arguments["cell"],),
            "lengths": (arguments["length"],),
            "seeds": 1,
            "batch_size": sequences,
            "held_out": sequences,
        }
    few |= {"learning_rate": asked.learning_rate[:1], "test_lengths": ()}
    return Experiment.from_mapping({**vars(asked), **few})
