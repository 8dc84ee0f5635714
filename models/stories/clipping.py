"""Clipping tames explosions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.experiment import Experiment
from models.presets import Preset
from models.results.statistics import clipped_share
from models.stories.numbers import diverged, finished, listed, reach, the
from models.stories.story import Story, Tables

CELLS = ("rnn:activation=relu,gain=2", "rnn:activation=relu,init=identity", "rnn:gain=1.5")


def says(experiment: Experiment, tables: Tables) -> str:
    if not finished(tables["accuracy"]):
        return "Nothing is trained yet: the gradient at birth knows no clipping."
    told = [f"{_largest(tables['training'], cell)} for {the(cell)}" for cell in experiment.cells]
    text = f"The largest gradient norm before clipping was {listed(told)}."
    if experiment.clip > 0:
        shares = clipped_share(tables["training"]).groupby("cell")["clipped"].mean()
        text += f" Clipped by {experiment.clip_by} at {experiment.clip:g}: " + (
            listed([f"{shares[cell]:.0%} of steps of {the(cell)}" for cell in experiment.cells])
        )
        text += "."
    lost = diverged(tables["accuracy"])
    if any(count for count, _ in lost.values()):
        told = [
            f"{count} of {models} of {the(cell)}" for cell, (count, models) in lost.items() if count
        ]
        text += f" Models that diverged: {listed(told)}."
        if experiment.clip > 0:
            text += (
                " Clipping cannot help where the states or the gradient overflow before there is "
                "anything to clip."
            )
    else:
        text += " No model diverged."
    return f"{text} {reach(tables['accuracy'], experiment.cells)}"


def _largest(training: pd.DataFrame, cell: str) -> str:
    norms = training.loc[training["cell"] == cell, "gradient_norm"].astype(float)
    if not np.isfinite(norms).all():
        return "not finite"
    return f"{norms.max():.2g}"


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
    statement="Gradients that explode can be clipped; gradients that vanish cannot.",
    text="Where the gradient grows going back, single training steps have norms thousands of "
    "times the usual, and one of them can undo everything that was learnt. Clipping by norm "
    "scales such a step down and keeps its direction; clipping by value cuts each number and "
    "bends it. It is a cure for training steps, not for the recurrence: a state that overflows "
    "on the way forward is lost before. Compare the three variants, and look where in the "
    "sequence things first stop being finite.",
    source="Pascanu, Mikolov & Bengio 2013, section 3.2 and algorithm 1; by value: Mikolov 2012",
    opens="training",
    presets=(
        _preset("clipping_off", "Off", "Nothing is clipped.", clip=0.0),
        _preset("clipping", "By norm", "The whole gradient is scaled down to norm 1.", clip=1.0),
        _preset(
            "clipping_by_value",
            "By value",
            "Every number of the gradient is cut at ± 0.1.",
            clip=0.1,
            clip_by="value",
        ),
    ),
    says=says,
)
