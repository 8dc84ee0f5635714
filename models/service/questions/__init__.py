"""Quick questions that a page asks: a name and arguments in, what can be written as JSON out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.service.questions.at_initialisation import at_initialisation
from models.service.questions.inside import ablation, operate, probe, trace, units
from models.service.questions.jacobian import singular_values
from models.service.questions.speed import speed

QUESTIONS: dict[str, Callable[..., object]] = {
    "at_initialisation": at_initialisation,
    "singular_values": singular_values,
    "trace": trace,
    "units": units,
    "probe": probe,
    "operate": operate,
    "ablation": ablation,
    "speed": speed,
}


def ask(name: str, arguments: Mapping[str, Any]) -> object:
    """The answer. Raises KeyError where there is no such question, ExperimentError on bad input."""
    return QUESTIONS[name](**arguments)
