"""What does a trained cell do, what does it remember, and what does it need for it?

Every question names the model: ``experiment``, ``cell``, ``length``, ``seed``, ``learning_rate``,
and ``parameters`` as ``models.training.weights.to_base64`` writes them. Tables come column by
column, numbers with four significant digits. All raise ExperimentError on bad input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from models.diagnostics.inside.gate_trace import (
    GateTrace,
    gate_trace,
    mean_gate_trace,
    specialisation,
)
from models.diagnostics.inside.interventions import Intervention, from_json, to_json
from models.diagnostics.inside.linear_probe import linear_probe
from models.diagnostics.inside.surgery import Share, ablation_table, operations
from models.diagnostics.inside.surgery import operate as operate_on
from models.diagnostics.inside.trained_model import TrainedModel
from models.diagnostics.inside.unit_words import unit_words
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import ModelKey
from models.tasks.task import Batch, SequenceError
from models.training.weights import from_base64

DIGITS = 4
MIN_SEQUENCES, MAX_SEQUENCES = 8, 4096


@torch.no_grad()
def units(sequences: int = 256, **model: Any) -> dict[str, Any]:
    """What holds of the model on so many held-out sequences, whichever one of them is looked at.

    ``accuracy`` over all of them; ``units``: the table ``specialisation``; ``words``: a sentence
    about each unit; ``operations``: what is one press each.
    """
    asked = _model(model)
    batch = asked.held_out(_count(sequences))
    right = asked.right(asked.trajectory(batch).states, batch.targets)
    return {
        "accuracy": _share(Share.of(right)),
        "units": _columns(specialisation(asked, batch)),
        "words": unit_words(asked, batch),
        "operations": [
            {"name": one.name, "title": one.title, "interventions": _as_json(one.interventions)}
            for one in operations(asked).values()
        ],
    }


@torch.no_grad()
def trace(
    sequence: int = 0,
    event: str | None = None,
    sequences: int = 256,
    typed: str | None = None,
    **model: Any,
) -> dict[str, Any]:
    """Gates and states along one held-out sequence, or with an event the mean over all of them.

    With ``typed`` they are those along the sequence that this text names, see ``Task.typed``.

    ``model``: the columns that say which it is; ``t``; ``values``: by name, one list a step with a
    number for each unit; ``sequences``: how many each step is the mean of. Of one sequence also
    ``example`` (``symbols``, ``informative``, ``answer``), its ``text`` where it can be typed,
    ``predicted``, the model's answer, and ``right``, whether that is right.
    ``models.exchange.gates_csv.gates_table`` makes gates.csv of ``model``, ``t`` and ``values``.
    """
    asked = _model(model)
    batch = asked.held_out(_count(sequences))
    if not 0 <= sequence < sequences:
        raise ExperimentError(f"sequence is {sequence}: give a number from 0 to {sequences - 1}")
    answer = {"model": asked.named()}
    if event is not None:
        return {**_trace(mean_gate_trace(asked, batch, event)), **answer}  # type: ignore[arg-type]
    if typed is not None:
        batch, sequence = _with_typed(asked, batch, typed), 0
    if asked.cell.norm != "batch":  # which needs the others for its statistics
        batch, sequence = batch.subset(sequence, 1), 0
    example = asked.task.describe(batch, sequence)
    states = asked.trajectory(batch).states
    return {
        **_trace(gate_trace(asked, batch, sequence)),
        **answer,
        "text": asked.task.text(batch, sequence) if asked.task.typing else "",
        "predicted": asked.answer_in_words(states, sequence),
        "right": bool(asked.right(states, batch.targets)[:, sequence].all()),
        "example": {
            "symbols": list(example.symbols),
            "informative": list(example.informative),
            "answer": example.answer,
        },
    }


def probe(sequences: int = 512, **model: Any) -> dict[str, Any]:
    """What a linear probe reads from the states: the table of ``linear_probe``, and chance."""
    asked = _model(model)
    table = linear_probe(asked, _count(sequences))
    return {**_columns(table), "chance": _rounded(asked.task.chance(asked.length).accuracy)}


def operate(
    operation: str | None = None,
    interventions: Sequence[Mapping[str, Any]] = (),
    sequences: int = 512,
    **model: Any,
) -> dict[str, Any]:
    """What the model can still do after an operation by name, or after these interventions.

    ``title``, ``interventions``, ``before`` and ``after`` (``share``, ``low``, ``high``,
    ``sequences``), ``probe`` (a table as in ``probe``, with ``operated``), and ``swapped``: after
    a transplant, shares of ``own`` answers and of those of the ``other`` sequence; else None.
    """
    asked = _model(model)
    title = ""
    done: Sequence[Intervention] = [from_json(one) for one in interventions]
    if operation is not None:
        known = operations(asked)
        if operation not in known:
            raise ExperimentError(
                f"operation is {operation!r}: {asked.name} has {', '.join(known)}"
            )
        title, done = known[operation].title, known[operation].interventions
    found = operate_on(asked, done, _count(sequences))
    swapped = found.swapped and {who: _share(one) for who, one in vars(found.swapped).items()}
    return {
        "title": title,
        "interventions": _as_json(done),
        "before": _share(found.before),
        "after": _share(found.after),
        "swapped": swapped,
        "probe": _columns(found.probe),
    }


def ablation(sequences: int = 512, **model: Any) -> dict[str, list[Any]]:
    """Which gate does this task need: ``ablation_table``."""
    return _columns(ablation_table(_model(model), _count(sequences)))


def _model(arguments: Mapping[str, Any]) -> TrainedModel:
    names = ("experiment", "cell", "length", "seed", "learning_rate", "parameters")
    if wrong := sorted(set(arguments) ^ set(names)):
        raise ExperimentError(f"{wrong[0]!r} is missing or unknown: give {', '.join(names)}")
    experiment, cell, *identity, parameters = (arguments[name] for name in names)
    try:
        numbers = from_base64(parameters)
    except ValueError as error:
        raise ExperimentError(f"parameters: {error}") from error
    return TrainedModel(Experiment.from_mapping(experiment), cell, ModelKey(*identity), numbers)


def _with_typed(model: TrainedModel, batch: Batch, text: str) -> Batch:
    """The batch with the typed sequence in place of its first one.

    It has company since a batch-normalised cell goes by its whole batch.
    """
    try:
        own = model.task.typed(text, model.length)
    except SequenceError as error:
        raise ExperimentError(f"typed: {error}") from error
    inputs, targets = batch.inputs.copy(), batch.targets.copy()
    inputs[..., 0], targets[:, 0] = own.inputs[..., 0], own.targets[:, 0]
    return Batch(inputs, targets)


def _count(sequences: int) -> int:
    if not MIN_SEQUENCES <= sequences <= MAX_SEQUENCES:
        raise ExperimentError(
            f"sequences is {sequences}: give a number from {MIN_SEQUENCES} to {MAX_SEQUENCES}"
        )
    return sequences


def _trace(found: GateTrace) -> dict[str, Any]:
    values = {name: [_numbers(row) for row in own] for name, own in found.values.items()}
    return {"t": found.t.tolist(), "values": values, "sequences": found.sequences.tolist()}


def _as_json(interventions: Sequence[Intervention]) -> list[dict[str, object]]:
    return [to_json(one) for one in interventions]


def _share(share: Share) -> dict[str, Any]:
    return {name: _rounded(value) for name, value in vars(share).items()}


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        str(name): _numbers(values.to_numpy()) if values.dtype.kind == "f" else values.to_list()
        for name, values in table.items()
    }


def _numbers(values: np.ndarray) -> list[float]:
    return [_rounded(value) for value in values.tolist()]


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
