"""Clipping tames explosions: gradients that explode can be clipped, those that vanish cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.analysis.statistics import clipped_share, trained
from models.analysis.words import join_words, number, percent, power_of_ten, with_article
from models.claims.clipping import CELLS, CLIPPING_RESCUES
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import NOT_YET, divergence, present, reach
from models.stories.story import Step, Story, Tables

POWERS = 1e5
"""Numbers from this one on are written as powers of ten."""


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return f"{NOT_YET} Clipping does not change the gradient at initialisation."
    cells, training = present(experiment, accuracy), tables["training"]
    norms = [f"{_largest(training, cell)} for {with_article(cell)}" for cell in cells]
    sentences = [f"The largest gradient norm before clipping was {join_words(norms)}."]
    if experiment.clip > 0:
        sentences.append(_clipped(experiment, training, cells))
    sentences += [divergence(experiment, accuracy), *_first_overflow(tables["diagnostics"])]
    if experiment.clip > 0 and accuracy["diverged"].any():
        sentences.append(
            "Clipping cannot help where the states or the gradient overflow before there is a "
            "gradient to clip."
        )
    return " ".join([*sentences, reach(experiment, accuracy)])


def _first_overflow(diagnostics: pd.DataFrame) -> list[str]:
    """The first state that was not finite, in a sentence; none where all were finite."""
    rows = diagnostics[diagnostics["diagnostic"] == "overflow_state_t"]
    for row in rows.sort_values(["step", "value"]).head(1).to_dict("records"):
        where = f"t = {row['value']:.0f} of {row['length']}, in training step {row['step']}"
        return [f"The first state to overflow was one of {with_article(row['cell'])} at {where}."]
    return []


def _clipped(experiment: Experiment, training: pd.DataFrame, cells: Sequence[str]) -> str:
    shares = clipped_share(training)
    sentences = [
        f"{percent(shares[cell])} for {with_article(cell)}" for cell in cells if cell in shares
    ]
    if not sentences:
        return "How often gradients were clipped was not measured."
    limit = f"by {experiment.clip_by}, at {number(experiment.clip)}"
    return (
        f"Over all lengths, the share of training steps clipped ({limit}) is "
        f"{join_words(sentences)}."
    )


def _largest(training: pd.DataFrame, cell: str) -> str:
    norms = training.loc[training["cell"] == cell, "gradient_norm"].astype(float)
    if norms.empty:
        return "not measured"
    if not np.isfinite(norms).all():
        return "not finite"
    largest = norms.max()
    if largest >= POWERS:
        return f"about {power_of_ten(np.log10(largest))}"
    return number(largest)


def _preset(name: str, title: str, lesson: str, **settings: object) -> Preset:
    experiment = Experiment.from_mapping(
        {
            "cells": CELLS,
            "lengths": (20, 50, 100, 200),
            "steps": 300,
            "learning_rate": (0.005,),
            **settings,
        }
    )
    return Preset(name, title, lesson, experiment)


STORY = Story(
    name="clipping",
    title="Clipping tames explosions",
    claims=(CLIPPING_RESCUES,),
    text="When the gradient grows on its way back, single training steps have gradient norms "
    "thousands of times larger than usual. One such step can undo everything that was learned. "
    "Clipping by norm scales the gradient down and keeps its direction. Clipping by value cuts "
    "off each component and changes the direction. Clipping protects the weights, not the "
    "recurrence: it cannot help if a state has already overflowed in the forward pass. Compare "
    "the three variants, and see where in the sequence the first value is no longer finite.",
    source="Pascanu, Mikolov & Bengio 2013, section 3.2 and algorithm 1; by value: Mikolov 2012",
    presets=(
        _preset("clipping_off", "Off", "Nothing is clipped.", clip=0.0),
        _preset("clipping", "By norm", "The whole gradient is scaled down to norm 1.", clip=1.0),
        _preset(
            "clipping_by_value",
            "By value",
            "Every component of the gradient is cut off at ± 0.1.",
            clip=0.1,
            clip_by="value",
        ),
    ),
    steps=(
        Step(
            "Nothing is clipped. A cross marks where the gradient norm was no longer a finite "
            "number.",
            "training",
            200,
            preset=0,
            cell="rnn:gain=1.5",
        ),
        Step(
            "The whole gradient is scaled down to norm 1 whenever its norm is larger. In "
            "brackets: the share of training steps at which it was.",
            "training",
            200,
            preset=1,
            cell="rnn:gain=1.5",
        ),
        Step(
            "Each component of the gradient is cut off at ± 0.1, which changes its direction.",
            "training",
            200,
            preset=2,
            cell="rnn:gain=1.5",
        ),
    ),
    conclusion=conclusion,
)
