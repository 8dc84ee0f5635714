"""The standalone script: stock modules, the same task and settings, nothing of this project."""

from __future__ import annotations

import ast
import contextlib
import io
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from models.experiment import Experiment
from models.presets import PRESETS
from models.script import standalone_script
from models.tasks import TASKS

LINE = re.compile(r"^(\S.*?) +length +(\d+) +seed +(\d+) +held-out accuracy ([\d.]+)", re.MULTILINE)


def small(**settings: Any) -> Experiment:
    given = {"cells": ("rnn", "gru"), "seeds": 1, "steps": 2, "batch_size": 4, "held_out": 8}
    return Experiment.from_mapping({**given, **settings})


def loaded(experiment: Experiment) -> dict[str, Any]:
    """The names that the script defines."""
    scope: dict[str, Any] = {"__name__": "script"}
    exec(compile(standalone_script(experiment), "script", "exec"), scope)
    return scope


def printed(experiment: Experiment) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        loaded(experiment)["main"]()
    return output.getvalue()


@pytest.mark.parametrize("name", TASKS)
def test_every_task_trains_every_model_and_prints_a_line_for_each(name: str) -> None:
    lengths = (TASKS[name].lengths[0], TASKS[name].lengths[0] + 3)
    experiment = small(task=name, lengths=lengths, seeds=2)
    found = LINE.findall(printed(experiment))
    expected = {
        (cell, str(length), str(seed))
        for cell in experiment.cells
        for length in lengths
        for seed in (0, 1)
    }
    assert {line[:3] for line in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("name", PRESETS)
def test_it_imports_torch_and_the_standard_library_alone(name: str) -> None:
    tree = ast.parse(standalone_script(PRESETS[name].experiment))
    imports = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imports <= {"torch", "math", "base64", "zlib"}


def test_it_runs_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "check.py").write_text(standalone_script(small(lengths=(10,))))
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "check.py"],
        cwd=tmp_path,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(LINE.findall(done.stdout)) == 2


def test_the_best_learning_rate_is_chosen_on_validation() -> None:
    text = printed(small(lengths=(10,), learning_rate=(0.001, 0.01)))
    assert text.count("learning rate 0.0") == 2
    assert "validation" in standalone_script(small(learning_rate=(0.001, 0.01)))


def test_trained_models_are_tested_at_other_lengths() -> None:
    text = printed(small(lengths=(10,), test_lengths=(14, 20)))
    assert "rnn, tested at 20" in text
    assert len(LINE.findall(text)) == 2 * 3


def test_divergence_is_said_and_no_crash() -> None:
    text = printed(small(task="adding", learning_rate=(1e30,), clip=0.0, lengths=(10,)))
    assert "diverged" in text


@pytest.mark.parametrize("init", ["orthogonal", "identity", "pytorch"])
@pytest.mark.parametrize("bias", ["0", "1", "chrono"])
def test_weights_start_as_in_the_experiment(init: str, bias: str) -> None:
    hidden, steps = 16, 50
    cells = (f"lstm:bias={bias},init={init}", f"gru:bias={bias},init={init}")
    scope = loaded(small(cells=cells, lengths=(steps,), hidden_size=hidden))
    for name, gates in zip(scope["CELLS"], (4, 3), strict=True):
        torch.manual_seed(0)
        arguments = (name, steps) if bias == "chrono" else (name,)
        network = scope["Model"](*arguments).network
        for block in network.weight_hh_l0.detach().split(hidden):
            product = block @ block.T
            if init != "pytorch":
                torch.testing.assert_close(product, torch.eye(hidden), atol=1e-4, rtol=0)
            if init == "identity":
                torch.testing.assert_close(block, torch.eye(hidden))
        if init == "pytorch":
            continue
        bias_of = (network.bias_ih_l0 + network.bias_hh_l0).detach().split(hidden)
        assert len(bias_of) == gates
        keep = bias_of[1]
        if bias == "chrono":
            assert keep.min() >= 0
            assert keep.max() <= math.log(steps - 1)
            assert keep.std() > 0.1
        else:
            torch.testing.assert_close(keep, torch.full((hidden,), float(bias)))
        write = bias_of[0]
        expected = -keep if bias == "chrono" and gates == 4 else torch.zeros(hidden)
        torch.testing.assert_close(write, expected)


def test_it_learns_what_the_project_learns() -> None:
    experiment = Experiment(cells=("gru",), lengths=(10,), seeds=1, steps=120, held_out=128)
    (line,) = LINE.findall(printed(experiment))
    assert float(line[3]) > 0.9


def test_the_command_line_of_the_experiment_stands_on_top() -> None:
    experiment = small(lengths=(10, 20))
    assert experiment.command_line() in standalone_script(experiment)
