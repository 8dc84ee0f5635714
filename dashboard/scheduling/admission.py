"""Admission: what may be trained here, and what it costs, shown before Train is pressed."""

from __future__ import annotations

from dashboard.scheduling.app_resources import configuration, scheduler, store
from models.analysis.words import count
from models.experiment import Experiment
from models.experiment.cost import Limits, estimate, in_words, objection

Earlier = tuple[Experiment, ...]
"""The experiments that one extends, see ``partition``."""


def cost_in_words(experiment: Experiment, earlier: Earlier = ()) -> str:
    """About how long it takes here, and how much memory."""
    return in_words(estimate(experiment, scheduler().speed, earlier=earlier))


def seconds_within_memory(experiment: Experiment, earlier: Earlier) -> float | None:
    """About how long it takes here to extend an experiment; None where it takes too much memory."""
    cost = estimate(experiment, scheduler().speed, earlier=earlier)
    return cost.seconds if Limits(megabytes=configuration().megabytes).allow(cost) else None


def refusal(experiment: Experiment, earlier: Earlier = ()) -> str:
    """Why this experiment is not for this app, with the setting to lower; empty where it is."""
    allowed = configuration()
    limits = Limits(60 * allowed.minutes if allowed.minutes else None, allowed.megabytes)
    if not earlier:
        return objection(experiment, limits, scheduler().speed) or ""
    above = limits.exceeded(estimate(experiment, scheduler().speed, earlier=earlier))
    return f"about {above[0]}, above the limit of {above[1]}: add less at once" if above else ""


def no_room(visitor: str) -> str:
    """Why no further run of this visitor may wait now; empty where one may."""
    allowed = configuration()
    active = store().active(visitor)
    # One of them trains, or is the next of this visitor's to train.
    if len(active) > allowed.waiting:
        return (
            f"you have {count(len(active), 'run')} training or waiting, and at most "
            f"{allowed.waiting} may wait: stop one, or try again when one has ended"
        )
    if len(scheduler().queue.waiting) >= allowed.queue:
        return f"the queue is full ({count(allowed.queue, 'run')}): try again in a while"
    return ""
