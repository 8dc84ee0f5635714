"""The data dictionary: what each table of an export holds, column by column.

Names and types are those of ``models.analysis.schema``; docs/data.md is made from both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.analysis.schema import COLUMN_TYPES, MODEL_COLUMNS, TABLES

TYPE_NAMES = {"str": "text", "bool": "True or False", "int64": "whole number", "float64": "number"}
"""The types of columns for people, by those of pandas."""

CONTENTS = {
    "accuracy": "Each evaluation of each model on held-out sequences, which training never sees.",
    "training": "Each optimiser step of each model, on the batch of that step.",
    "gradients": "The gradient profiles: how strongly the loss depends on the state at each time "
    "step.",
    "diagnostics": "What else was measured of a model at each evaluation, one number a row.",
    "influence": "Of trained models: which inputs the answers hang on.",
    "connectivity": "At initialisation and of trained models, on one held-out sequence: how "
    "strongly the answer's logit depends on each input.",
    "validation": "Each evaluation on validation sequences, which choose the learning rate; only "
    "where there are several.",
    "generalisation": "The trained models on held-out sequences of other lengths; only where asked "
    "for.",
}
"""What a row of each table is about."""


@dataclass(frozen=True)
class Column:
    """One column of a table, for people."""

    table: str
    """The table; empty where every table has the column."""
    name: str
    kind: str
    """The type, such as "whole number"."""
    unit: str
    """Empty where it has none."""
    meaning: str


Described = tuple[str, str]
"""Unit and meaning."""

SHARE = "share from 0 to 1"
_ACCURACY: Described = (SHARE, "right answers out of all answers at the scored steps")
_NATS = "nats, or a squared error"
_LOSS: Described = (_NATS, "the loss, averaged over sequences and target steps")
_CHANCE_ACCURACY: Described = (SHARE, "accuracy of the best predictor that ignores the input")
_CHANCE_LOSS: Described = ("as loss", "loss of the best predictor that ignores the input")
_SEQUENCES: Described = ("sequences", "how many independent sequences the accuracy is over")
_T: Described = ("time step", "the step t of the sequence, from 1 to T")

EVERYWHERE: dict[str, Described] = {
    "run": ("", "the id of the run"),
    "task": ("", "the task with its options, as --task takes it"),
    "cell": ("", "the cell with its options, as --cells takes it"),
    "length": ("time steps", "the sequence length T that the model is trained at"),
    "seed": ("", "the seed of the model: its weights at initialisation and its sequences"),
    "learning_rate": ("", "the learning rate that the model is trained with"),
    "step": ("optimiser steps", "how many the model had made; 0 is at initialisation"),
}
"""The columns that mean the same in every table."""

OF_TABLES: dict[str, dict[str, Described]] = {
    "accuracy": {
        "accuracy": _ACCURACY,
        "loss": _LOSS,
        "chance_accuracy": _CHANCE_ACCURACY,
        "chance_loss": _CHANCE_LOSS,
        "sequences": _SEQUENCES,
        "solved": ("", "whether the model meets the task's criterion at this evaluation"),
        "diverged": ("", "whether its loss or gradient is not finite; training has ended then"),
    },
    "training": {
        "loss": (_NATS, "the loss that is minimised, averaged over the batch and target steps"),
        "accuracy": (SHARE, "right answers on the batch"),
        "gradient_norm": ("", "norm of the gradient over all parameters, before clipping"),
        "clipped": ("", "whether the gradient was clipped"),
    },
    "gradients": {
        "t": _T,
        "state": ("", "the state that is differentiated by: h, or the LSTM's c"),
        "gradient_norm": (
            "",
            "‖∂L/∂state_t‖, through all later steps; root mean square over a batch",
        ),
    },
    "diagnostics": {
        "diagnostic": ("", "which number it is; see the list of diagnostics"),
        "value": ("as the diagnostic", "its value; empty where it could not be measured"),
    },
    "influence": {
        "t": _T,
        "influence": (SHARE, "held-out sequences whose answer changes with the input at step t"),
    },
    "connectivity": {
        "t": _T,
        "connectivity": ("", "‖∂(the answer's logit)/∂x_t‖"),
    },
    "validation": {
        "accuracy": _ACCURACY,
        "loss": _LOSS,
        "sequences": _SEQUENCES,
    },
    "generalisation": {
        "test_length": ("time steps", "the sequence length that the trained model is tested at"),
        "accuracy": _ACCURACY,
        "loss": _LOSS,
        "chance_accuracy": _CHANCE_ACCURACY,
        "chance_loss": _CHANCE_LOSS,
        "sequences": _SEQUENCES,
    },
}
"""The other columns of each table."""


def data_dictionary() -> Iterator[Column]:
    """Every column of every table: first those that all have, then the others table by table."""
    shared = (*MODEL_COLUMNS, "step")
    for name in shared:
        yield _column("", name, EVERYWHERE[name])
    for table, columns in TABLES.items():
        for name in (name for name in columns if name not in shared):
            yield _column(table, name, OF_TABLES[table][name])


def _column(table: str, name: str, described: Described) -> Column:
    return Column(table, name, TYPE_NAMES[COLUMN_TYPES.get(name, "float64")], *described)
