"""Trained weights as plain torch.nn modules: a function, and a snippet that needs only torch.

The recurrence is an nn.RNN, nn.LSTM or nn.GRU with one layer and batch first, the readout an
nn.Linear. What the cells here start with (init, bias, gain) and how they are trained (omega) is in
the weights. nn has no RNN with a sigmoid and no cell with a normalisation inside.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from models.cells import CELLS
from models.experiment import Experiment
from models.settings import spec
from models.tasks import make_task
from models.training.weights import FILE, WeightsKey

if TYPE_CHECKING:  # importing this does not import torch
    from torch import nn

HAS = {"activation": ("tanh", "relu"), "norm": ("none",)}
"""The values of those options that change a cell's step, which torch.nn has."""


class NoModuleError(ValueError):
    """A cell that torch.nn does not have; the message says which option it lacks."""


def torch_modules(
    experiment: Experiment, model: WeightsKey, parameters: np.ndarray
) -> tuple[nn.Module, nn.Linear]:
    """The recurrence and the readout of a trained model, from its parameters (P,).

    The logits of a sequence ``x``, (B, T, inputs), are ``readout(recurrence(x)[0])``, (B, T,
    outputs); its scored answers are those of the last steps. Raises NoModuleError.
    """
    recurrence, readout = modules_of(parameters, *_arguments(experiment, model.cell))
    return recurrence, readout


def torch_snippet(experiment: Experiment, model: WeightsKey) -> str:
    """The source text of a script that loads this model from ``weights.npz`` with torch and numpy.

    Raises NoModuleError.
    """
    arguments = ", ".join(map(repr, _arguments(experiment, model.cell)))
    function = inspect.getsource(modules_of).replace(_SIGNATURE, _PLAIN_SIGNATURE)
    lines = [
        "import numpy as np",
        "",
        "",
        function,
        "",
        f"parameters = np.load({FILE!r})[{str(model)!r}]",
        f"recurrence, readout = modules_of(parameters, {arguments})",
        "# x is (sequences, time steps, inputs)",
        "# logits = readout(recurrence(x)[0])[:, -1]",
    ]
    return "\n".join(lines) + "\n"


def modules_of(
    parameters: np.ndarray, kind: str, activation: str, inputs: int, hidden: int, outputs: int
) -> Any:
    import torch
    from torch import nn

    # Rows of H, gate by gate, in the order in which torch.nn has the gates.
    gates = {"rnn": [0], "lstm": [0, 1, 3, 2], "gru": [0, 1, 2]}[kind]
    options = {"nonlinearity": activation} if kind == "rnn" else {}
    module = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind]
    recurrence = module(inputs, hidden, batch_first=True, **options)
    readout = nn.Linear(hidden, outputs)
    numbers = torch.tensor(parameters, dtype=torch.float32)
    places = [
        *[len(gates) * hidden * size for size in (inputs, hidden, 1)],
        hidden if kind == "gru" else 0,
        outputs * hidden,
        outputs,
    ]
    W_x, W_h, b, b_hn, V, b_V = numbers.split(places)
    with torch.no_grad():
        for own, values in ((recurrence.weight_ih_l0, W_x), (recurrence.weight_hh_l0, W_h)):
            blocks = values.view(len(gates), hidden, -1)
            own.copy_(blocks[gates].flatten(0, 1))
        recurrence.bias_ih_l0.copy_(b.view(len(gates), hidden)[gates].flatten())
        recurrence.bias_hh_l0.zero_()  # torch.nn adds two biases, the cells here have one
        recurrence.bias_hh_l0[len(gates) * hidden - len(b_hn) :] = b_hn  # but a GRU's candidate
        readout.weight.copy_(V.view(outputs, hidden))
        readout.bias.copy_(b_V)
    return recurrence, readout


_SIGNATURE = inspect.getsource(modules_of).partition("\n    import")[0]
_PLAIN_SIGNATURE = "def modules_of(parameters, kind, activation, inputs, hidden, outputs):"


def _arguments(experiment: Experiment, cell: str) -> tuple[str, str, int, int, int]:
    """What ``modules_of`` takes besides the parameters. Raises NoModuleError."""
    described, chosen = spec.parse("cell", cell, CELLS)
    lacking = [
        option.in_name(chosen[option.name])
        for option in described.options
        if chosen[option.name] not in HAS.get(option.name, (chosen[option.name],))
    ]
    if lacking or described.name not in ("rnn", "lstm", "gru"):
        what = " with ".join([described.title, *(["and ".join(lacking)] if lacking else [])])
        raise NoModuleError(f"torch.nn has no {what}")
    task, activation = make_task(experiment.task), chosen.get("activation", "tanh")
    hidden = experiment.hidden_sizes()[cell]
    return described.name, activation, task.inputs, hidden, task.outputs
