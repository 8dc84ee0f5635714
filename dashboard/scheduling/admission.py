"""Admission: what may be trained here, and what it costs, shown before Train is pressed."""

from __future__ import annotations

from dashboard.scheduling.app_resources import configuration, scheduler, store
from models.analysis.words import count
from models.experiment import Experiment
from models.experiment.cost import Limits, estimate, in_words, objection


def cost_in_words(experiment: Experiment) -> str:
    """About how long it takes here, and how much memory."""
    return in_words(estimate(experiment, scheduler().speed))


def refusal(experiment: Experiment) -> str:
    """Why this experiment is not for this app, with the setting to lower; empty where it is."""
    allowed = configuration()
    seconds = 60 * allowed.minutes if allowed.minutes else None
    return objection(experiment, Limits(seconds, allowed.megabytes), scheduler().speed) or ""


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
