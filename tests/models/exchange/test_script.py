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

from models.cells import CELLS
from models.cells.rnn import RNN
from models.exchange.standalone_script import ScriptError, standalone_script
from models.experiment import Experiment
from models.experiment.presets import PRESETS
from models.kernels.schedule import Schedule
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


@pytest.mark.parametrize("name", [name for name in TASKS if name != "copy"])
def test_with_targets_at_every_step_accuracy_counts_the_last_alone(name: str) -> None:
    experiment = small(task=f"{name}:targets=every", lengths=TASKS[name].lengths[:1], batch_size=8)
    assert len(LINE.findall(printed(experiment))) == 2
    scope, (length,) = loaded(experiment), experiment.lengths
    inputs, targets = scope["sample"](8, length, torch.Generator().manual_seed(0), "held_out")
    assert targets.shape == (8, length)
    scope["sample"] = lambda *_: (inputs, targets)
    values = name == "adding"

    def outputs(answers: torch.Tensor) -> torch.Tensor:
        if values:
            return answers[..., None]
        return torch.nn.functional.one_hot(answers, scope["OUTPUTS"]).float()

    wrong = targets + 1 if values else (targets + 1) % scope["OUTPUTS"]
    for answers, share in ((targets, wrong), 0.0), ((wrong, targets), 1.0):
        mixed = torch.cat([answers[0][:, :-1], answers[1][:, -1:]], dim=1)
        accuracy, loss = scope["evaluate"](
            lambda _, steps, given=mixed: outputs(given)[:, -steps:], length, 0, "held_out"
        )
        assert accuracy == share
        if values:
            assert loss == pytest.approx((1 if share == 0 else length - 1) / length)


@pytest.mark.parametrize("name", PRESETS)
def test_it_imports_torch_and_the_standard_library_alone(name: str) -> None:
    tree = ast.parse(standalone_script(PRESETS[name].experiment))
    imports = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imports <= {"torch", "math", "base64", "zlib", "functools"}


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


@pytest.mark.parametrize("tolerance", ["0.08", "0.04"])
def test_an_answer_is_right_by_the_tasks_own_criterion(tolerance: str) -> None:
    experiment = small(task=f"adding:tolerance={tolerance}", lengths=(10,))
    scope, bound = loaded(experiment), float(tolerance)
    inputs, targets = scope["sample"](8, 10, torch.Generator().manual_seed(0), "held_out")
    scope["sample"] = lambda *_: (inputs, targets)
    for error, right in ((0.99 * bound, 1.0), (1.01 * bound, 0.0)):
        given = (targets + error)[..., None]
        assert scope["evaluate"](lambda _, steps, given=given: given, 10, 0, "held_out")[0] == right
    assert scope["CHANCE"] == {10: pytest.approx(1 - (1 - bound) ** 2, abs=1e-6)}


def test_divergence_is_said_and_no_crash() -> None:
    exploding = {"cells": ("rnn:activation=relu",), "learning_rate": (100.0,), "clip": 0.0}
    text = printed(small(task="adding", lengths=(30,), **exploding))
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


def started(cells: tuple[str, ...], **settings: Any) -> dict[str, Any]:
    """The recurrent network of each cell before training, all from the same random numbers."""
    scope, networks = loaded(small(cells=cells, **settings)), dict[str, Any]()
    for name in scope["CELLS"]:
        torch.manual_seed(0)
        networks[name] = scope["Model"](name).network
    return networks


@pytest.mark.parametrize("init", ["orthogonal", "identity"])
def test_the_gain_is_the_spectral_radius(init: str) -> None:
    gains = {"rnn": 0.9, "lstm": 1.5, "gru": 0.5}
    cells = tuple(f"{cell}:gain={gain},init={init}" for cell, gain in gains.items())
    networks = started((*cells, "rnn:activation=relu"))
    for network, gain in zip(networks.values(), (*gains.values(), 1), strict=True):
        for block in network.weight_hh_l0.detach().split(network.hidden_size):
            radius = torch.linalg.eigvals(block).abs().max().item()
            assert radius == pytest.approx(gain, abs=1e-4)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_gain_multiplies_the_weights_of_pytorch_and_no_others(cell: str) -> None:
    options = "init=pytorch" + (",bias=0" if cell != "rnn" else "")
    (plain,) = started((f"{cell}:{options}",)).values()
    (scaled,) = started((f"{cell}:{options},gain=1.5",)).values()
    for name, value in plain.named_parameters():
        factor = 1.5 if name == "weight_hh_l0" else 1
        torch.testing.assert_close(scaled.get_parameter(name), factor * value)


def test_a_relu_network_is_one() -> None:
    networks = started(("rnn:activation=relu,init=identity", "rnn"))
    inputs = 10 * torch.randn(4, 12, 6, generator=torch.Generator().manual_seed(0))
    for (name, network), relu in zip(networks.items(), (True, False), strict=True):
        states = network(inputs)[0]
        assert (states.min() >= 0) == relu, name
        assert (states.max() > 1) == relu, name


@pytest.mark.parametrize(
    "cells",
    [
        ("rnn:activation=relu", "gru:bias=chrono,gain=1.1"),
        ("rnn:gain=0.9", "lstm:bias=0,gain=0.9,init=pytorch"),
        ("lstm:gain=1.1",),
        ("rnn:gain=0.5,init=pytorch", "rnn:activation=relu,init=pytorch"),
        ("gru:bias=0,init=pytorch", "gru:norm=layer"),
    ],
)
def test_models_with_new_options_train(cells: tuple[str, ...]) -> None:
    experiment = small(cells=cells, lengths=(11,), truncate=4, clip_by="value")
    found = [line[0] for line in LINE.findall(printed(experiment))]
    assert found == [cell for cell in experiment.cells if "norm" not in cell]


def by_single_steps(
    network: Any, inputs: torch.Tensor, truncate: int
) -> tuple[torch.Tensor, torch.nn.RNNCellBase]:
    """All hidden states, and the cell whose parameters they depend on."""
    cell: Any = {
        torch.nn.RNN: torch.nn.RNNCell,
        torch.nn.LSTM: torch.nn.LSTMCell,
        torch.nn.GRU: torch.nn.GRUCell,
    }[type(network)](network.input_size, network.hidden_size)
    for name, value in network.named_parameters():
        cell.get_parameter(name.removesuffix("_l0")).data.copy_(value)
    steps, state, states = inputs.shape[1], None, []
    for step in range(steps):
        if state is not None and Schedule((steps,), truncate).cut(step):
            long = isinstance(state, tuple)
            state = tuple(part.detach() for part in state) if long else state.detach()
        state = cell(inputs[:, step], state)
        states.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(states, dim=1), cell


@pytest.mark.parametrize("cells", [("rnn", "gru"), ("lstm",), ("rnn", "lstm", "gru")])
@pytest.mark.parametrize("truncate", [1, 5, 6, 12, 20])
@pytest.mark.parametrize("targets", ["last", "every"])
def test_truncated_gradients_are_those_of_the_blocks(
    cells: tuple[str, ...], truncate: int, targets: str
) -> None:
    length = 12
    task = f"temporal_order:targets={targets}"
    scope = loaded(small(task=task, cells=cells, lengths=(length,), truncate=truncate))
    inputs, answers = scope["sample"](4, length, torch.Generator().manual_seed(0), "train")
    for name in cells:
        model, given = scope["Model"](name), inputs.clone().requires_grad_()
        scope["loss_of"](model(given, answers.shape[1]), answers).backward()

        states, cell = by_single_steps(model.network, inputs, truncate)
        outputs = model.readout(states[:, -answers.shape[1] :])
        scope["loss_of"](outputs, answers).backward()
        for parameter, value in cell.named_parameters():
            found, expected = model.network.get_parameter(f"{parameter}_l0").grad, value.grad
            assert found is not None
            assert expected is not None
            if parameter == "bias_hh":
                expected[: 2 * model.network.hidden_size if name == "gru" else None] = 0
            torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-4)
        if targets == "last":
            assert given.grad is not None
            reached = given.grad.abs().sum((0, 2)) > 0
            assert reached.tolist() == [step >= length - truncate for step in range(length)]


def gradients(**settings: Any) -> list[torch.Tensor]:
    """Of one model after its only training step, as the optimiser got them."""
    model = loaded(small(cells=("lstm",), steps=1, **settings))["train"]("lstm", 10, 0)
    return [parameter.grad for parameter in model.parameters()]


def test_each_element_of_the_gradient_is_clipped() -> None:
    free = gradients(clip=0.0)
    assert max(gradient.abs().max() for gradient in free) > 0.01
    for clip_by in "value", "norm":
        clipped = gradients(clip=0.01, clip_by=clip_by)
        same = [
            torch.allclose(ours, gradient.clamp(-0.01, 0.01))
            for ours, gradient in zip(clipped, free, strict=True)
        ]
        assert all(same) == (clip_by == "value")
    for ours, gradient in zip(gradients(clip=0.0, clip_by="value"), free, strict=True):
        torch.testing.assert_close(ours, gradient)


@pytest.mark.parametrize("clip_by", ["norm", "value"])
def test_a_gradient_that_is_not_finite_is_divergence(
    clip_by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scope = loaded(small(cells=("rnn",), clip_by=clip_by))
    scope["loss_of"] = lambda outputs, _: (outputs.sum() * 0).sqrt()
    model = scope["train"]("rnn", 10, 0)
    assert "diverged" in capsys.readouterr().out
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_answers_that_are_not_finite_are_wrong() -> None:
    scope = loaded(small())

    def outputs(inputs: torch.Tensor, _: int) -> torch.Tensor:
        return torch.full((len(inputs), 1, scope["OUTPUTS"]), math.nan)

    assert scope["evaluate"](outputs, scope["LENGTHS"][0], 0, "held_out")[0] == 0


def test_what_is_not_asked_for_is_not_in_the_script() -> None:
    words = ("TRUNCATE", "clip_grad_value_", "gain", "partial", "Left out")
    plain = standalone_script(small())
    assert not [word for word in words if word in plain]
    used = small(
        cells=("rnn:activation=relu", "rnn:gain=0.9", "rnn:activation=sigmoid"),
        truncate=5,
        clip_by="value",
    )
    assert [word for word in words if word in standalone_script(used)] == list(words)


class Other(RNN):
    name = "other"
    title = "Other network"


def test_what_is_left_out_is_said_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CELLS, "other", Other)
    reasons = {
        "rnn:activation=sigmoid": "RNN with sigmoid",
        "rnn:omega=2": "RNN with Ω 2",
        "lstm:norm=layer": "LSTM with layer norm",
        "gru:gamma=0.1,norm=batch": "GRU with batch norm and γ 0.1",
        "other": "Other network",
    }
    experiment = small(cells=("rnn", *reasons), lengths=(10,), match="parameters")
    scope = loaded(experiment)
    assert list(scope["CELLS"]) == ["rnn"]
    assert scope["CELLS"]["rnn"][1] == experiment.hidden_sizes()["rnn"] > experiment.hidden_size
    header = standalone_script(experiment).split("import")[0].splitlines()
    assert [line for line in header if "Left out" in line] == [
        f"# Left out: {cell}, which torch.nn does not have" for cell in reasons
    ]
    assert [line[0] for line in LINE.findall(printed(experiment))] == ["rnn"]


def test_where_no_cell_is_left_there_is_no_script() -> None:
    with pytest.raises(ScriptError, match=r"no RNN with Ω 2 and no GRU with layer norm$"):
        standalone_script(small(cells=("rnn:omega=2", "gru:norm=layer")))
    assert issubclass(ScriptError, ValueError)
