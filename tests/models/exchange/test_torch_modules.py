"""Trained weights in torch.nn modules answer as the cells here do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models.diagnostics.inside.trained_model import TrainedModel
from models.exchange.torch_modules import NoModuleError, torch_modules, torch_snippet
from models.experiment import Experiment
from models.experiment.partition import ModelKey
from models.training.weights import FILE, WeightsKey, to_npz

CELLS = (
    "rnn",
    "rnn:activation=relu,init=identity",
    "rnn:omega=2",
    "lstm:bias=chrono",
    "lstm:init=pytorch",
    "gru",
    "gru:gain=1.5,init=pytorch",
)
EXPERIMENT = Experiment(cells=CELLS, lengths=(12,), hidden_size=5)


def weights(cell: str) -> np.ndarray:
    count = EXPERIMENT.parameter_count(cell, 5)
    return np.random.default_rng(0).normal(size=count).astype(np.float32)


def key(cell: str) -> WeightsKey:
    return WeightsKey(cell, 12, 0, 0.02, 400)


@pytest.mark.parametrize("cell", CELLS)
def test_modules_answer_as_the_model_does(cell: str) -> None:
    model = TrainedModel(EXPERIMENT, cell, ModelKey(12, 0, 0.02), weights(cell))
    batch = model.held_out(7)
    states = list(model.trajectory(batch).states)
    expected = model.outputs(states)[-1].T  # (B, outputs)

    recurrence, readout = torch_modules(EXPERIMENT, key(cell), weights(cell))
    x = torch.from_numpy(batch.inputs).permute(2, 0, 1).float()
    logits = readout(recurrence(x)[0])[:, -1]

    torch.testing.assert_close(logits, expected.float(), rtol=1e-4, atol=1e-5)


def test_the_snippet_loads_what_the_function_does(tmp_path: Path) -> None:
    cell = "lstm:bias=chrono"
    (tmp_path / FILE).write_bytes(to_npz({key(cell): weights(cell)}))
    modules = torch_modules(EXPERIMENT, key(cell), weights(cell))
    total = sum(float(one.detach().sum()) for part in modules for one in part.parameters())
    script = torch_snippet(EXPERIMENT, key(cell)) + (
        "modules = recurrence, readout\n"
        "print(sum(float(one.detach().sum()) for part in modules for one in part.parameters()))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(total)


@pytest.mark.parametrize(
    ("cell", "lacking"),
    [
        ("rnn:activation=sigmoid", "torch.nn has no RNN with sigmoid"),
        ("lstm:norm=layer", "torch.nn has no LSTM with layer norm"),
        ("gru:norm=batch", "torch.nn has no GRU with batch norm"),
    ],
)
def test_what_torch_does_not_have_is_named(cell: str, lacking: str) -> None:
    experiment = Experiment(cells=(cell,), lengths=(12,))
    with pytest.raises(NoModuleError, match=lacking):
        torch_snippet(experiment, key(cell))
