"""What the answer to a quick question costs, by the same coefficients as a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.experiment import Experiment
from models.experiment.cost import memory
from models.experiment.cost.coefficients import MEMORY
from models.experiment.cost.estimate import MEGABYTE, Cost
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.speed import REFERENCE, Speed
from models.experiment.cost.work import PopulationWork, starting
from models.experiment.partition import partition

MAX_SEEDS = 3
"""How many seeds are measured at initialisation: those that an experiment has by default; more
would take longer than a visitor waits."""


def cost_of_answer(name: str, arguments: Mapping[str, Any], speed: Speed = REFERENCE) -> Cost:
    """Time and memory of an answer, in one thread of a process of its own that has torch loaded.

    ``name`` and ``arguments`` are those of ``models.service.questions``; one about no experiment
    costs nothing to speak of. Raises ExperimentError.
    """
    if "experiment" not in arguments:
        return Cost(seconds=0.0, megabytes=0.0)
    experiment = _measured_once(name, arguments)
    populations = [PopulationSizes(experiment, shard) for shard in partition(experiment)]
    works = [PopulationWork(sizes) for sizes in populations]
    work = sum((one.setting_up() + one.evaluation() for one in works), starting(len(works)))
    taken = max(memory.held(sizes, 1) + memory.passing(sizes) for sizes in populations)
    return Cost(work.seconds(speed), (MEMORY.process + taken) / MEGABYTE)


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
