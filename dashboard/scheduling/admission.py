"""Admission: what may be trained here, and what it costs, shown before Train is pressed."""

from __future__ import annotations

import streamlit as st

from dashboard.scheduling.app_resources import configuration, scheduler, store
from models.experiment import Experiment
from models.experiment.cost import Cost, Limits, Speed, estimate, in_words, objection


def cost_in_words(experiment: Experiment) -> str:
    """About how long it takes here, and how much memory."""
    return in_words(_cost(experiment, scheduler().speed))


def refusal(experiment: Experiment) -> str:
    """Why this experiment is not for this app, with the setting to lower; empty where it is."""
    return _refusal(experiment, scheduler().speed)


def no_room(visitor: str) -> str:
    """Why no further run of this visitor may wait now; empty where one may."""
    allowed = configuration()
    going = store().active(visitor)
    # One of them trains, or is the next of this visitor's to train.
    if len(going) > allowed.waiting:
        return (
            f"{len(going)} runs of yours train or wait already, and no more than "
            f"{allowed.waiting} may wait: stop one, or come back when one has ended"
        )
    if len(scheduler().queue.waiting) >= allowed.queue:
        return f"{allowed.queue} runs wait already, which is all that may: try again in a while"
    return ""


@st.cache_data(show_spinner=False, max_entries=1000)
def _cost(experiment: Experiment, speed: Speed) -> Cost:
    return estimate(experiment, speed)


@st.cache_data(show_spinner=False, max_entries=1000)
def _refusal(experiment: Experiment, speed: Speed) -> str:
    allowed = configuration()
    seconds = 60 * allowed.minutes if allowed.minutes else None
    return objection(experiment, Limits(seconds, allowed.megabytes), speed) or ""
