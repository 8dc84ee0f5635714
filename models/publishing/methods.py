"""The methods paragraph of a paper, written from the settings of a run, and what it cites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.analysis.references import cited
from models.analysis.words import count, join_words, number
from models.cells import CELLS, cell_title
from models.experiment import Experiment
from models.optimisers import OPTIMISERS
from models.settings import spec
from models.tasks import TASKS, make_task, task_title

OPTION_REFERENCES: Mapping[tuple[str, str], str] = {
    ("bias", "1"): "jozefowicz2015",
    ("bias", "chrono"): "tallec2018",
    ("init", "identity"): "le2015",
    ("norm", "layer"): "ba2016",
    ("norm", "batch"): "cooijmans2016",
    ("omega", "2"): "pascanu2013",
}
"""The papers of options of cells."""
STATISTICS = ("clopper1934", "wichmann2001", "boschloo1970", "holm1979")


@dataclass(frozen=True)
class Methods:
    """How a run was made, in words."""

    text: str
    """A paragraph of sentences."""
    keys: tuple[str, ...]
    """The papers that it cites, by their keys in ``models.analysis.references``, in order."""


def methods(experiment: Experiment, environment: Mapping[str, str]) -> Methods:
    """The methods paragraph of a run: task, cells, training, evaluation, statistics, software."""
    said = [
        _task(experiment),
        _cells(experiment),
        _training(experiment),
        _evaluation(experiment),
        _statistics(),
        ((), _software(environment)),
    ]
    texts, keys = zip(*[(text, found) for found, text in map(_ordered, said)], strict=True)
    return Methods(" ".join(texts), tuple(dict.fromkeys(key for found in keys for key in found)))


Said = tuple[Iterable[str], str]
"""The keys of what is cited, and the sentences."""


def _ordered(said: Said) -> tuple[tuple[str, ...], str]:
    return tuple(said[0]), said[1]


def _task(experiment: Experiment) -> Said:
    task, (described, _) = make_task(experiment.task), spec.parse("task", experiment.task, TASKS)
    legend, keys = task.legend, described.references
    return keys, (
        f"The task is {task_title(experiment.task).lower()} ({_cited(keys)}). {legend.goes_in} "
        f"{legend.asked} {legend.dependency}"
    )


def _cells(experiment: Experiment) -> Said:
    keys: list[str] = []
    named = []
    for cell in experiment.cells:
        described, chosen = spec.parse("cell", cell, CELLS)
        options = [OPTION_REFERENCES.get((name, value)) for name, value in chosen.items()]
        own = (*described.references, *filter(None, options))
        new = [key for key in own if key not in keys]
        keys += new
        named.append(f"the {cell_title(cell)}" + (f" ({_cited(new)})" if new else ""))
    sizes = experiment.hidden_sizes()
    units = join_words([f"{size}" for size in dict.fromkeys(sizes.values())])
    matched = "" if experiment.match == "hidden_size" else _MATCHED
    lengths = join_words([f"{length:,}" for length in experiment.lengths])
    first, last = experiment.seed_numbers[0], experiment.seed_numbers[-1]
    models = f"{experiment.seeds} models were trained, with the seeds {first} to {last}"
    if first == last:
        models = f"one model was trained, with the seed {first}"
    return keys, (
        f"Compared are {join_words(named)}, with a hidden size of {units}{matched} and a linear "
        f"readout. For each cell and each sequence length T of {lengths}, {models}."
    )


_MATCHED = ", so that all have about as many parameters,"


def _training(experiment: Experiment) -> Said:
    described, _ = spec.parse("optimiser", experiment.optimiser, OPTIMISERS)
    title, changed = spec.in_words("optimiser", experiment.optimiser, OPTIMISERS)
    keys = [*described.references]
    rates = join_words([number(rate) for rate in experiment.learning_rate])
    several = len(experiment.learning_rate) > 1
    sentences = [
        f"Each made {count(experiment.steps, 'step')} of {title}"
        + (f" with {join_words(changed)}" if changed else "")
        + f" ({_cited(keys)}) at a learning rate of {rates}, on batches of "
        f"{count(experiment.batch_size, 'sequence')}."
    ]
    if experiment.training_batches:
        sequences = experiment.training_batches * experiment.batch_size
        sentences.append(
            f"The training set had {count(sequences, 'sequence')}, which came again and again in "
            "the same batches."
        )
    if experiment.schedule != "constant":
        cosine = experiment.schedule == "cosine"
        keys += ["loshchilov2017"] if cosine else []
        by = f" ({cited('loshchilov2017')})" if cosine else ""
        sentences.append(f"The rate fell towards 0 on a {experiment.schedule} schedule{by}.")
    if several:
        sentences.append(
            "Of these rates, each cell has at each length the one that was best on validation "
            "sequences."
        )
    if experiment.clip:
        keys.append("pascanu2013")
        what = "norm of the gradient" if experiment.clip_by == "norm" else "values of the gradient"
        sentences.append(
            f"The {what} was clipped at {number(experiment.clip)} ({cited('pascanu2013')})."
        )
    if experiment.truncate:
        keys.append("williams1990")
        sentences.append(
            f"Back-propagation was truncated after {count(experiment.truncate, 'step')} "
            f"({cited('williams1990')})."
        )
    return keys, " ".join(sentences)


def _evaluation(experiment: Experiment) -> Said:
    return (), (
        f"Accuracy was measured every {count(experiment.evaluate_every, 'step')} on "
        f"{experiment.held_out:,} held-out sequences, which training never saw. "
        f"{make_task(experiment.task).criterion}"
    )


def _statistics() -> Said:
    clopper, wichmann, boschloo, holm = map(cited, STATISTICS)
    return STATISTICS, (
        "Intervals are at 95%: Student's t over seeds for mean accuracies, exact ones for shares "
        f"of seeds ({clopper}). The memory span is the length at which half of a cell's models "
        "still remember, that is reach the middle between chance and 1; it is the median of the "
        f"posterior of a psychometric curve over log T ({wichmann}). Shares are compared by "
        f"Boschloo's exact test ({boschloo}) with Holm's correction ({holm})."
    )


def _software(environment: Mapping[str, str]) -> str:
    names = {"memory_lab": "Memory Lab", "python": "Python", "torch": "PyTorch"}
    used = [f"{title} {environment[name]}" for name, title in names.items() if name in environment]
    return f"Models were trained with {join_words(used)}." if used else ""


def _cited(keys: Iterable[str]) -> str:
    return "; ".join(map(cited, keys))
