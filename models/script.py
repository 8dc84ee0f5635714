"""An experiment as a short script of its own, with nothing but torch.nn.

The same task, models and settings, one model at a time, so that anyone can check a result without
this project. It draws its own random numbers: results agree in distribution, not digit by digit.
"""

from __future__ import annotations

import pprint
from collections.abc import Iterable

from models import spec
from models.cells import CELLS
from models.experiment import Experiment
from models.tasks import make_task
from models.tasks.task import Task

MODULES = {"rnn": "nn.RNN", "lstm": "nn.LSTM", "gru": "nn.GRU"}
"""Cells that torch.nn has; others are left out of a script, which then says so."""

TOLERANCE = 0.04
"""For values: how far an answer may be off to be right (Hochreiter & Schmidhuber 1997)."""


def standalone_script(experiment: Experiment) -> str:
    """Source text of a Python script that needs torch and the standard library alone."""
    task = make_task(experiment.task)
    cells = _cells(experiment)
    sections = [
        _header(experiment, task),
        _settings(experiment, task, cells),
        task.script,
        _model(cells),
        *_initialisation(cells.values()),
        _loss(task),
        _training(experiment),
        _evaluation(task, experiment),
        *([_VALIDATION] if len(experiment.learning_rate) > 1 else []),
        _main(experiment),
        *([task.script_data] if task.script_data else []),
        'if __name__ == "__main__":\n    main()',
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections) + "\n"


Settings = tuple[str, int, str, str]
"""Of a cell: torch.nn module, hidden size, init, bias of the gate that keeps the state."""


def _cells(experiment: Experiment) -> dict[str, Settings]:
    cells, sizes = {}, experiment.hidden_sizes()
    for cell in experiment.cells:
        described, chosen = spec.parse("cell", cell, CELLS)
        if described.name in MODULES:
            bias = chosen.get("bias", "0")
            cells[cell] = (MODULES[described.name], sizes[cell], chosen["init"], bias)
    return cells


def _header(experiment: Experiment, task: Task) -> str:
    missing = [cell for cell in experiment.cells if cell.split(":")[0] not in MODULES]
    lines = [
        "# made by Memory Lab",
        f"# {experiment.command_line()}",
        *[f"# Left out, because torch.nn does not have it: {cell}" for cell in missing],
        "",
        *(["import base64"] if task.script_data else []),
        "import math",
        *(["import zlib"] if task.script_data else []),
        "",
        "import torch",
        "from torch import nn",
    ]
    return "\n".join(lines)


def _settings(experiment: Experiment, task: Task, cells: dict[str, Settings]) -> str:
    lengths = sorted({*experiment.lengths, *experiment.test_lengths})
    chance = {length: round(task.chance(length).accuracy, 6) for length in lengths}
    rows = [
        f"    {name!r}: ({module}, {size}, {init!r}, {bias!r}),"
        for name, (module, size, init, bias) in cells.items()
    ]
    device = '"cuda" if torch.cuda.is_available() else "cpu"'
    lines = [
        "# name: module, hidden size, recurrent weights, bias of the gate that keeps the state",
        "CELLS = {",
        *rows,
        "}",
        f"INPUTS, OUTPUTS = {task.inputs}, {task.outputs}",
        f"LENGTHS = {experiment.lengths}",
        *([f"TEST_LENGTHS = {experiment.test_lengths}"] if experiment.test_lengths else []),
        f"SEEDS = {experiment.seed_numbers}",
        f"STEPS, BATCH_SIZE = {experiment.steps}, {experiment.batch_size}",
        f"LEARNING_RATES = {experiment.learning_rate}"
        if len(experiment.learning_rate) > 1
        else f"LEARNING_RATE = {experiment.learning_rate[0]}",
        *([f"CLIP = {experiment.clip}"] if experiment.clip > 0 else []),
        f"HELD_OUT = {experiment.held_out}",
        f"CHANCE = {_wrapped(chance)}  # accuracy of the best guess that ignores the input",
        *_scored_steps(task, lengths),
        f"DEVICE = {device if experiment.device != 'cpu' else repr('cpu')}",
        'SPLITS = ("train", "validation", "held_out")',
    ]
    return "\n".join(lines)


def _scored_steps(task: Task, lengths: Iterable[int]) -> list[str]:
    if not _scores_some(task, lengths):
        return []
    scored = {length: task.scored_steps(length) for length in lengths}
    return [f"SCORED_STEPS = {_wrapped(scored)}  # the last ones, which count for accuracy"]


def _scores_some(task: Task, lengths: Iterable[int]) -> bool:
    """Whether there are target steps that do not count for accuracy."""
    return any(task.scored_steps(length) < task.target_steps(length) for length in lengths)


def _wrapped(value: object) -> str:
    return pprint.pformat(value, width=88)


def _model(cells: dict[str, Settings]) -> str:
    chrono = ", steps" if _chrono(cells.values()) else ""
    needs_gate = any(module != "nn.RNN" for module, *_ in cells.values())
    gate = ", bias" if needs_gate else ""
    unused = "bias" if needs_gate else "_"
    init = "init" if _mixed(cells.values()) else "_"
    arguments = "self.network" + (", init" if init == "init" else "") + gate + chrono
    start = f"        initialise({arguments})\n" if _initialises(cells.values()) else ""
    return f"""\
class Model(nn.Module):
    def __init__(self, name{chrono}):
        super().__init__()
        module, hidden, {init}, {unused} = CELLS[name]
        self.network = module(INPUTS, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, OUTPUTS)
{start}
    def forward(self, inputs, target_steps):
        states, _ = self.network(inputs)
        return self.readout(states[:, -target_steps:])"""


def _mixed(cells: Iterable[Settings]) -> bool:
    return len({init for _, _, init, _ in cells}) > 1


def _chrono(cells: Iterable[Settings]) -> bool:
    return any(bias == "chrono" for *_, bias in cells)


def _gate_biases(cells: Iterable[Settings]) -> set[str]:
    return {bias for module, *_, bias in cells if module != "nn.RNN"}


def _initialises(cells: Iterable[Settings]) -> bool:
    return any(init != "pytorch" or bias != "0" for _, _, init, bias in cells)


def _initialisation(settings: Iterable[Settings]) -> list[str]:
    """What differs from the weights that torch.nn starts with."""
    cells = list(settings)
    if not _initialises(cells):
        return []
    gates = any(module != "nn.RNN" for module, *_ in cells)
    arguments = ["network"]
    arguments += ["init"] if _mixed(cells) else []
    arguments += ["bias"] if gates else []
    arguments += ["steps"] if _chrono(cells) else []
    lines = [
        "@torch.no_grad()",
        f"def initialise({', '.join(arguments)}):",
        "    hidden = network.hidden_size",
        *_weights(cells),
        *_gate_bias(cells),
    ]
    return ["\n".join(lines)]


def _weights(cells: list[Settings]) -> list[str]:
    inits = {init for _, _, init, _ in cells}
    if inits == {"pytorch"}:
        return []
    lines = [
        "bound = math.sqrt(6 / (INPUTS + hidden))",
        "network.weight_ih_l0.uniform_(-bound, bound)",
        "network.bias_ih_l0.zero_()",
        "network.bias_hh_l0.zero_()",
        "for block in network.weight_hh_l0.split(hidden):  # one for each gate",
    ]
    if inits >= {"orthogonal", "identity"}:
        lines.append('    (nn.init.eye_ if init == "identity" else nn.init.orthogonal_)(block)')
    else:
        lines.append(f"    nn.init.{'eye_' if 'identity' in inits else 'orthogonal_'}(block)")
    if "pytorch" in inits:
        lines = ['if init != "pytorch":', *[f"    {line}" for line in lines]]
    return [f"    {line}" for line in lines]


def _gate_bias(cells: list[Settings]) -> list[str]:
    biases = _gate_biases(cells)
    if biases <= {"0"}:
        return []
    lines = [
        "# torch.nn adds two biases, bias_ih and bias_hh: only one of them gets the gate's bias.",
        "# Gates are in the order i, f, g, o (LSTM) and r, z, n (GRU): the second keeps the state.",
    ]
    fixed = "network.bias_ih_l0[hidden : 2 * hidden] += float(bias)"
    if "chrono" not in biases:
        only_gated = all(module != "nn.RNN" for module, *_ in cells)
        lines += [fixed] if only_gated else ["if not isinstance(network, nn.RNN):", f"    {fixed}"]
        return [f"    {line}" for line in lines]
    lines += [
        'if bias == "chrono":',
        "    chrono = torch.empty(hidden).uniform_(1, max(steps - 1, 1)).log()",
        "    network.bias_ih_l0[hidden : 2 * hidden] += chrono",
    ]
    chrono_modules = {module for module, *_, bias in cells if bias == "chrono"}
    if chrono_modules == {"nn.LSTM"}:
        lines.append("    network.bias_ih_l0[:hidden] -= chrono")
    elif "nn.LSTM" in chrono_modules:
        lines += [
            "    if isinstance(network, nn.LSTM):",
            "        network.bias_ih_l0[:hidden] -= chrono",
        ]
    if biases - {"chrono", "0"}:
        lines += ["elif not isinstance(network, nn.RNN):", f"    {fixed}"]
    return [f"    {line}" for line in lines]


def _loss(task: Task) -> str:
    if task.loss == "squared_error":
        return """\
def loss_of(outputs, targets):
    return nn.functional.mse_loss(outputs.squeeze(-1), targets)"""
    return """\
def loss_of(outputs, targets):  # averaged over the target steps
    return nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())"""


def _training(experiment: Experiment) -> str:
    several = len(experiment.learning_rate) > 1
    rate, argument = ("learning_rate", ", learning_rate") if several else ("LEARNING_RATE", "")
    chrono = _chrono(_cells(experiment).values())
    steps = '    steps = sample(1, length, generator(seed, "train"), "train")[0].shape[1]\n'
    # Without clipping the norm is measured all the same, to notice divergence.
    clip = "CLIP" if experiment.clip > 0 else "math.inf"
    return f"""\
def generator(seed, split):  # each split has random numbers of its own
    return torch.Generator().manual_seed(len(SPLITS) * seed + SPLITS.index(split))


def train(name, length, seed{argument}):
    torch.manual_seed(seed)
{steps if chrono else ""}    model = Model(name{", steps" if chrono else ""}).to(DEVICE)
    optimiser = torch.optim.Adam(model.parameters(), lr={rate})
    source = generator(seed, "train")
    for _ in range(STEPS):
        inputs, targets = sample(BATCH_SIZE, length, source, "train")
        targets = targets.to(DEVICE)
        loss = loss_of(model(inputs.to(DEVICE), targets.shape[1]), targets)
        optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), {clip})
        if not (loss.isfinite() and norm.isfinite()):
            print(f"{{name}} of length {{length}}, seed {{seed}} diverged")
            break
        optimiser.step()
    return model"""


def _evaluation(task: Task, experiment: Experiment) -> str:
    value = task.loss == "squared_error"
    right = (
        f"(outputs.squeeze(-1) - targets).abs() < {TOLERANCE}"
        if value
        else "outputs.argmax(-1) == targets"
    )
    some = _scores_some(task, (*experiment.lengths, *experiment.test_lengths))
    last = "[:, -SCORED_STEPS[length] :]" if some else ""
    return f"""\
@torch.no_grad()
def evaluate(model, length, seed, split):
    source, accuracies, losses = generator(seed, split), [], []
    for _ in range(0, HELD_OUT, BATCH_SIZE):
        inputs, targets = sample(BATCH_SIZE, length, source, split)
        targets = targets.to(DEVICE)
        outputs = model(inputs.to(DEVICE), targets.shape[1])
        right = {right}
        accuracies.append(right{last}.float().mean().item())
        losses.append(loss_of(outputs, targets).item())
    return sum(accuracies) / len(accuracies), sum(losses) / len(losses)"""


_VALIDATION = """\
def validation(models, length):  # higher is better: accuracy first, then loss
    scores = [evaluate(model, length, seed, "validation") for model, seed in zip(models, SEEDS)]
    return sum(accuracy for accuracy, _ in scores), -sum(loss for _, loss in scores)


def train_best(name, length):
    trained = {
        rate: [train(name, length, seed, rate) for seed in SEEDS] for rate in LEARNING_RATES
    }
    best = max(trained, key=lambda rate: validation(trained[rate], length))
    print(f"{name} of length {length}: learning rate {best}")
    return trained[best]"""


def _main(experiment: Experiment) -> str:
    several = len(experiment.learning_rate) > 1
    test = """\
                for test_length in TEST_LENGTHS:
                    report(f"{name}, tested at {test_length}", model, test_length, seed)
"""
    models = (
        "zip(SEEDS, train_best(name, length))"
        if several
        else "((seed, train(name, length, seed)) for seed in SEEDS)"
    )
    return f"""\
def report(name, model, length, seed):
    accuracy, loss = evaluate(model, length, seed, "held_out")
    print(
        f"{{name:24}} length {{length:5}}  seed {{seed:3}}  held-out accuracy {{accuracy:.3f}}"
        f" (chance {{CHANCE[length]:.3f}})  loss {{loss:.4g}}",
        flush=True,
    )


def main():
    for name in CELLS:
        for length in LENGTHS:
            for seed, model in {models}:
                report(name, model, length, seed)
{test if experiment.test_lengths else ""}"""
