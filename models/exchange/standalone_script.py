"""Writes an experiment as a short script of its own, with nothing but torch.nn.

It has the same task, models and settings, one model at a time, so that anyone can check a result
without this project. From the same weights and batches it trains the same model; but it draws its
own random numbers, so results agree in distribution, not digit by digit.
"""

from __future__ import annotations

import pprint
from collections.abc import Iterable, Mapping

from models.analysis.words import join_words
from models.exchange import standalone_cells
from models.exchange.standalone_cells import Settings
from models.experiment import Experiment
from models.optimisers import make_optimiser
from models.tasks import make_task
from models.tasks.task import Task


class ScriptError(ValueError):
    """An experiment of which no script can be made; the message says why."""


def standalone_script(experiment: Experiment) -> str:
    """Returns the source text of a Python script that needs torch and the standard library alone.

    Cells that torch.nn does not have are left out. Raises ScriptError where none is left.
    """
    task = make_task(experiment.task)
    cells = _cells(experiment)
    sections = [
        _header(experiment, task, cells),
        _settings(experiment, task, cells),
        task.script,
        standalone_cells.model(cells, experiment.truncate),
        *standalone_cells.initialisation(cells),
        standalone_cells.merged_biases(cells),
        _loss(task),
        _training(experiment, cells),
        _evaluation(task, experiment),
        *([_VALIDATION] if len(experiment.learning_rate) > 1 else []),
        _main(experiment),
        *([task.script_data] if task.script_data else []),
        'if __name__ == "__main__":\n    main()',
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections) + "\n"


def _cells(experiment: Experiment) -> dict[str, Settings]:
    if cells := standalone_cells.scripted(experiment):
        return cells
    lacking = dict.fromkeys(standalone_cells.left_out(experiment).values())
    raise ScriptError(
        "there is no standalone script of this experiment, because torch.nn has "
        + join_words([f"no {what}" for what in lacking])
    )


def _header(experiment: Experiment, task: Task, cells: Mapping[str, Settings]) -> str:
    missing = standalone_cells.left_out(experiment)
    lines = [
        "# made by Memory Lab",
        f"# {experiment.command_line()}",
        "# Its random numbers are its own: results agree in distribution, not digit by digit.",
        *[f"# Left out: {cell}, which torch.nn does not have" for cell in missing],
        "",
        *(["import base64"] if task.script_data else []),
        "import math",
        *(["import zlib"] if task.script_data else []),
        *standalone_cells.imports(cells),
        "",
        "import torch",
        "from torch import nn",
    ]
    return "\n".join(lines)


def _settings(experiment: Experiment, task: Task, cells: Mapping[str, Settings]) -> str:
    lengths = sorted({*experiment.lengths, *experiment.test_lengths})
    chance = {length: round(task.chance(length).accuracy, 6) for length in lengths}
    device = '"cuda" if torch.cuda.is_available() else "cpu"'
    lines = [
        *standalone_cells.table(cells),
        f"INPUTS, OUTPUTS = {task.inputs}, {task.outputs}",
        f"LENGTHS = {experiment.lengths}",
        *([f"TEST_LENGTHS = {experiment.test_lengths}"] if experiment.test_lengths else []),
        f"SEEDS = {experiment.seed_numbers}",
        f"STEPS, BATCH_SIZE = {experiment.steps}, {experiment.batch_size}",
        *(
            [f"BATCHES = {experiment.training_batches}  # of the training set"]
            if experiment.training_batches
            else []
        ),
        f"LEARNING_RATES = {experiment.learning_rate}"
        if len(experiment.learning_rate) > 1
        else f"LEARNING_RATE = {experiment.learning_rate[0]}",
        *([f"CLIP = {experiment.clip}"] if experiment.clip > 0 else []),
        *([f"TRUNCATE = {experiment.truncate}{_BLOCKS}"] if experiment.truncate > 0 else []),
        f"HELD_OUT = {experiment.held_out}",
        f"CHANCE = {_wrapped(chance)}  # accuracy of the best guess that ignores the input",
        *_scored_steps(task, lengths),
        f"DEVICE = {device if experiment.device != 'cpu' else repr('cpu')}",
        'SPLITS = ("train", "validation", "held_out")',
    ]
    return "\n".join(lines)


_BLOCKS = "  # gradients stay within blocks of so many steps, counted from the end"


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


def _loss(task: Task) -> str:
    if task.loss == "squared_error":
        return """\
def loss_of(outputs, targets):
    return nn.functional.mse_loss(outputs.squeeze(-1), targets)"""
    return """\
def loss_of(outputs, targets):  # averaged over the target steps
    return nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())"""


def _training(experiment: Experiment, cells: Mapping[str, Settings]) -> str:
    several = len(experiment.learning_rate) > 1
    rate, argument = ("learning_rate", ", learning_rate") if several else ("LEARNING_RATE", "")
    chrono = standalone_cells.chrono(cells.values())
    steps = '    steps = sample(1, length, generator(seed, "train"), "train")[0].shape[1]\n'
    optimiser = make_optimiser(experiment.optimiser)
    limited, cut = _CLIPPING[experiment.clip_by if experiment.clip > 0 else "nothing"]
    if not optimiser.squares:
        limited = limited.replace(_SQUARED, "").replace(".square()", "")
    falls, steps_on = _SCHEDULES[experiment.schedule]
    draws, counted, drawn = _TRAINING_SETS[experiment.training_batches > 0]
    return f"""\
def generator(seed, split):  # each split has random numbers of its own
    return torch.Generator().manual_seed(len(SPLITS) * seed + SPLITS.index(split))


def train(name, length, seed{argument}):
    torch.manual_seed(-1 - seed)  # none of the generators' seeds
{steps if chrono else ""}    model = Model(name{", steps" if chrono else ""}).to(DEVICE)
    optimiser = {optimiser.script(rate)}
{falls}    source = generator(seed, "train")
{draws}    for {counted} in range(STEPS):
{drawn}        targets = targets.to(DEVICE)
        loss = loss_of(model(inputs.to(DEVICE), targets.shape[1]), targets)
        optimiser.zero_grad()
        loss.backward()
        gradient = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
{limited}
            print(f"{{name}} of length {{length}}, seed {{seed}} diverged")
            break
{cut}        optimiser.step()
{steps_on}    return model"""


_TRAINING_SETS = {
    False: ("", "_", '        inputs, targets = sample(BATCH_SIZE, length, source, "train")\n'),
    True: (
        '    batches = [sample(BATCH_SIZE, length, source, "train") for _ in range(BATCHES)]\n',
        "step",
        """\
        if step % BATCHES == 0:  # all come once before any comes again
            order = torch.randperm(BATCHES, generator=source).tolist()
        inputs, targets = batches[order[step % BATCHES]]
""",
    ),
}
"""By whether the training set is finite: what is drawn before training, the name of a step, and
how its sequences come."""
_FALLING = "    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda done: {})\n"
_SCHEDULES = {
    "constant": ("", ""),
    "linear": (_FALLING.format("1 - done / STEPS"), "        schedule.step()\n"),
    "cosine": (
        _FALLING.format("(1 + math.cos(math.pi * done / STEPS)) / 2"),
        "        schedule.step()\n",
    ),
}
"""What makes a learning rate fall, and what is done for it after each step."""
_SQUARED = "        # The optimiser squares the gradient.\n"


_OF_THE_NORM = """\
        norm = gradient.double().norm().to(gradient)  # in double, squares do not overflow
        if not (loss.isfinite() and norm.isfinite()):"""

_CLIPPING = {
    "norm": (
        _OF_THE_NORM,
        """\
        for parameter in model.parameters():  # clip_grad_norm_ would divide by norm + 1e-6
            parameter.grad *= CLIP / norm.clamp(min=CLIP)
""",
    ),
    "value": (
        _OF_THE_NORM,
        "        nn.utils.clip_grad_value_(model.parameters(), CLIP)\n",
    ),
    "nothing": (
        f"""\
{_SQUARED}\
        if not (loss.isfinite() and gradient.square().isfinite().all()):""",
        "",
    ),
}
"""What ends training as diverged, and what is done to the gradient, by what clips it."""


def _evaluation(task: Task, experiment: Experiment) -> str:
    value = task.loss == "squared_error"
    right = (
        f"(outputs.squeeze(-1) - targets).abs() < {task.tolerance:g}"
        if value
        else "(outputs.argmax(-1) == targets) & outputs.isfinite().all(-1)"
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
    accuracy, loss = (sum(values) for values in zip(*scores))
    return accuracy, -math.inf if math.isnan(loss) else -loss


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
