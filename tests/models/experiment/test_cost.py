"""Estimates before a run: how they go with the settings, and what they are compared with."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.cells import CELLS
from models.cells.rnn import RNN
from models.diagnostics import jacobian, measure
from models.experiment import Experiment
from models.experiment.cost import (
    REFERENCE,
    Cost,
    Limits,
    Speed,
    coefficients,
    estimate,
    in_words,
    memory,
    objection,
    work,
)
from models.experiment.cost.estimate import duration, size
from models.experiment.cost.limits import suggestions
from models.experiment.cost.questions import cost_of_answer
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.partition import partition
from models.kernels.kernel import Sizes
from models.population.compiled import KERNELS
from models.service.questions import ask
from models.tasks import TASKS
from models.tasks.recall import Recall
from models.training.train import train

ROOT = Path(__file__).resolve().parents[3]
BASE = Experiment(held_out=32)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """As many as before, whatever a test sets."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def cost(**settings: Any) -> Cost:
    return estimate(replace(BASE, **settings), threads=2)


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("steps", (0, 1, 100, 400, 10_000)),
        ("lengths", ((20,), (20, 50), (20, 100), (20, 50, 100), (20, 50, 500))),
        ("seeds", (1, 2, 3, 10)),
        ("hidden_size", (4, 16, 32, 64, 128, 512)),
        ("batch_size", (32, 64, 100, 256)),
        ("evaluate_every", (100, 50, 20, 1)),
        ("held_out", (1, 64, 256, 5000)),
        ("learning_rate", ((0.1,), (0.1, 0.2))),
        ("test_lengths", ((), (100,), (100, 200))),
    ],
)
@pytest.mark.parametrize("cells", [("lstm",), ("rnn:omega=2", "gru:norm=layer"), BASE.cells])
def test_more_of_a_setting_takes_longer(
    setting: str, values: tuple[Any, ...], cells: tuple[str, ...]
) -> None:
    seconds = [cost(cells=cells, **{setting: value}).seconds for value in values]
    assert seconds == sorted(seconds)
    assert len(set(seconds)) == len(values)


@pytest.mark.parametrize("setting", ["seeds", "hidden_size", "batch_size"])
def test_more_of_a_setting_needs_more_memory(setting: str) -> None:
    needed = [cost(**{setting: value}).megabytes for value in (32, 64, 128)]
    assert needed == sorted(set(needed))


def test_memory_is_a_matter_of_lengths_and_not_of_optimiser_steps() -> None:
    assert cost(steps=10).megabytes == cost(steps=10_000).megabytes
    assert cost(lengths=(20, 100)).megabytes < cost(lengths=(20, 200)).megabytes


@pytest.mark.parametrize(
    ("dearer", "cheaper"),
    [
        ("rnn:norm=layer", "rnn"),
        ("lstm:norm=batch", "lstm"),
        ("rnn:omega=2", "rnn"),
        ("lstm", "rnn"),
    ],
)
def test_slower_paths_take_longer(dearer: str, cheaper: str) -> None:
    assert cost(cells=(dearer,)).seconds > cost(cells=(cheaper,)).seconds


def test_a_loss_at_every_step_takes_longer_than_one_at_the_last() -> None:
    assert cost(task="temporal_order:targets=every").seconds > cost().seconds


def test_a_second_thread_shares_out_the_kernels_and_has_buffers_of_its_own() -> None:
    large = replace(BASE, hidden_size=128, evaluate_every=400)
    alone, two = (estimate(large, threads=n) for n in (1, 2))
    assert 0.5 < two.seconds / alone.seconds < 0.7
    assert two.megabytes > alone.megabytes


def test_threads_are_no_faster_than_the_longest_model() -> None:
    one = replace(BASE, lengths=(200,), seeds=1)
    assert cost(**vars(one)) == estimate(one, threads=1)
    uneven = replace(one, lengths=(20, 200))
    assert estimate(uneven, threads=2).seconds == estimate(uneven, threads=8).seconds


def test_populations_take_turns() -> None:
    """Together they take as long as one after the other, but for a process to start."""
    cells = ("rnn", "lstm", "gru:norm=layer")
    alone = sum(cost(cells=(cell,)).seconds for cell in cells)
    starts = (len(cells) - 1) * coefficients.STARTING.process * work.MICRO
    assert cost(cells=cells).seconds == pytest.approx(alone - starts)


@pytest.mark.parametrize("norm", ["none", "layer", "batch"])
@pytest.mark.parametrize("cell", CELLS)
def test_buffers_are_those_of_the_kernel(cell: str, norm: str) -> None:
    experiment = Experiment(
        cells=(f"{cell}:norm={norm}",), lengths=(300,), seeds=1, hidden_size=32, batch_size=64
    )
    sizes = PopulationSizes(experiment, partition(experiment)[0])
    kernel = KERNELS[cell](
        sizes.cell, Sizes(max(sizes.steps), sizes.task.inputs, sizes.hidden, sizes.sequences)
    )
    taken = sum(array.nbytes for array in _arrays((kernel.buffers, kernel.sites)))
    assert memory.buffers(sizes) == pytest.approx(taken, rel=0.05)
    assert memory.buffers(sizes, threads=4) == memory.buffers(sizes)  # of one model
    twice = PopulationSizes(replace(experiment, seeds=2), partition(experiment)[0], [300, 300])
    assert memory.buffers(twice, threads=4) == 2 * memory.buffers(sizes)


def _arrays(found: Any) -> Iterator[np.ndarray]:
    """All arrays in named tuples within each other."""
    if isinstance(found, tuple):
        for one in found:
            yield from _arrays(one)
    elif found is not None:
        yield found


def test_a_faster_machine_takes_less_time_and_as_much_memory() -> None:
    once = estimate(BASE, REFERENCE)
    twice = estimate(BASE, Speed(overhead=2, arithmetic=2))
    assert twice.seconds == pytest.approx(once.seconds / 2)
    assert twice.megabytes == once.megabytes


def test_small_models_gain_by_faster_calls_and_large_ones_by_faster_arithmetic() -> None:
    calls, arithmetic = Speed(overhead=2), Speed(arithmetic=2)
    small = replace(BASE, hidden_size=4, batch_size=4, lengths=(50,), seeds=1)
    large = replace(BASE, hidden_size=256, batch_size=256)
    assert estimate(small, calls).seconds < 0.7 * estimate(small).seconds
    assert estimate(small, arithmetic).seconds > 0.8 * estimate(small).seconds
    assert estimate(large, calls).seconds > 0.8 * estimate(large).seconds
    assert estimate(large, arithmetic).seconds < 0.7 * estimate(large).seconds


def test_the_warm_process_says_how_fast_it_is() -> None:
    start = time.process_time()
    answer = ask("speed", {})
    assert time.process_time() - start < 5
    assert isinstance(answer, dict)
    here = Speed.from_answer(answer)
    assert 0.02 < here.overhead < 50
    assert 0.02 < here.arithmetic < 50


def test_half_the_seconds_are_twice_the_speed() -> None:
    answer = {"overhead_seconds": 0.004, "arithmetic_seconds": 0.002}
    half = {name: seconds / 2 for name, seconds in answer.items()}
    assert Speed.from_answer(half).overhead == 2 * Speed.from_answer(answer).overhead
    assert Speed.from_answer(half).arithmetic == 2 * Speed.from_answer(answer).arithmetic


@pytest.mark.parametrize("cell", ["unheard", "unheard:norm=layer", "unheard:norm=batch"])
def test_what_was_never_measured_counts_like_the_costliest(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CELLS, "unheard", type("Unheard", (RNN,), {"name": "unheard"}))
    monkeypatch.setitem(TASKS, "unheard", type("Unheard", (Recall,), {"name": "unheard"}))
    measured = cost(cells=(cell.replace("unheard", "rnn"),), task="recall")
    new = cost(cells=(cell,), task="unheard")
    assert measured.seconds < new.seconds < 100 * measured.seconds
    assert measured.megabytes <= new.megabytes


@pytest.mark.parametrize(
    "limits",
    [
        Limits(seconds=60),
        Limits(megabytes=estimate(Experiment(seeds=8)).megabytes - 5),
        Limits(seconds=600, megabytes=600),
    ],
)
@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 10_000},
        {"match": "parameters", "hidden_size": 128, "seeds": 5},
        {"lengths": (20, 50, 100, 1000), "evaluate_every": 1},
    ],
)
def test_every_suggestion_fits_and_changes_one_setting(
    limits: Limits, settings: dict[str, Any]
) -> None:
    experiment = Experiment(**settings)
    suggested = suggestions(experiment, limits)
    assert len(suggested) <= 3
    for one in suggested:
        assert limits.allow(estimate(one.experiment))
        changed = {
            name for name, value in vars(experiment).items() if vars(one.experiment)[name] != value
        }
        assert len(changed) == 1
        assert 0 < one.kept < 1
    assert [one.kept for one in suggested] == sorted((one.kept for one in suggested), reverse=True)


def test_no_suggestion_leaves_nothing_to_learn() -> None:
    experiment = Experiment(cells=("rnn:norm=batch", "rnn:norm=layer"))
    smallest = replace(experiment, batch_size=3, hidden_size=3)
    few = Limits(megabytes=estimate(smallest).megabytes - 0.1)
    assert not any(one.experiment.hindrance() for one in suggestions(experiment, few))
    for smaller in (replace(experiment, batch_size=2), replace(experiment, hidden_size=2)):
        limits = Limits(seconds=estimate(smaller).seconds)
        assert not any(one.experiment.hindrance() for one in suggestions(experiment, limits))


def test_a_suggestion_gives_up_no_more_than_it_must() -> None:
    experiment, limits = Experiment(steps=10_000), Limits(seconds=600)
    (steps,) = (one for one in suggestions(experiment, limits) if "steps to" in one.words)
    more = replace(experiment, steps=round(1.15 * steps.experiment.steps))
    assert not limits.allow(estimate(more))


def test_an_objection_names_estimate_limit_and_ways_out() -> None:
    experiment, limits = Experiment(steps=10_000), Limits(seconds=600)
    text = objection(experiment, limits)
    assert text is not None
    assert text.startswith(f"about {duration(estimate(experiment).seconds)} on this machine, above")
    assert "the limit of 10 min: " in text
    for one in suggestions(experiment, limits):
        assert one.words in text


def test_both_limits_are_named_where_both_are_exceeded() -> None:
    text = objection(Experiment(steps=10_000, seeds=100), Limits(60, 500))
    assert text is not None
    assert "above the limit of 60 s and 500 MB" in text


def test_there_is_no_objection_to_what_fits_or_has_no_limit() -> None:
    exact = estimate(BASE)
    assert objection(BASE, Limits()) is None
    assert objection(BASE, Limits(exact.seconds, exact.megabytes)) is None
    assert objection(BASE, Limits(seconds=0.99 * exact.seconds)) is not None
    assert objection(BASE, Limits(megabytes=0.99 * exact.megabytes)) is not None


def test_an_objection_says_where_no_single_setting_is_enough() -> None:
    text = objection(BASE, Limits(megabytes=1))
    assert text is not None
    assert "no single one is enough" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (40.4, "40 s"),
        (99.7, "100 s"),
        (119, "2 min"),
        (156, "2.6 min"),
        (3599, "60 min"),
        (7100, "2 h"),
        (11_000, "3.1 h"),
        (400_000, "4.6 days"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("megabytes", "words"), [(604, "600 MB"), (996, "1 GB"), (1234, "1.2 GB"), (98_765, "99 GB")]
)
def test_sizes_in_words(megabytes: float, words: str) -> None:
    assert size(megabytes) == words


def test_a_cost_in_words() -> None:
    assert in_words(Cost(41, 618)) == "about 41 s, 620 MB"


def test_a_short_training_takes_about_as_long_as_estimated() -> None:
    """Three times at most: what else the machine does may come between probe and training."""
    assert any(took / 4 < estimated < took * 4 for estimated, took in islice(short_trainings(), 3))


def short_trainings() -> Iterator[tuple[float, float]]:
    """CPU seconds as estimated and as they were, again and again."""
    experiment = Experiment(
        cells=("rnn", "lstm"), lengths=(10, 30), seeds=1, steps=10, held_out=64, device="cpu"
    )
    while True:
        answer = ask("speed", {})
        assert isinstance(answer, dict)
        estimated = estimate(experiment, Speed.from_answer(answer), threads=1).seconds
        start = time.process_time()
        for _ in train(experiment, threads=1):
            pass
        yield estimated, time.process_time() - start


def test_numbers_that_cannot_be_imported_without_torch_are_theirs() -> None:
    assert work.EXPONENT_SEQUENCES == jacobian.SEQUENCES
    assert work.LAGS == measure.MAX_LAGS


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("at_initialisation", {}), ("trace", {"cell": "lstm", "length": 50, "sequences": 8})],
)
def test_an_answer_about_larger_models_costs_more(name: str, arguments: dict[str, Any]) -> None:
    asked = [{**vars(BASE), "hidden_size": size} for size in (16, 64, 256)]
    answers = [cost_of_answer(name, {"experiment": one, **arguments}) for one in asked]
    assert [one.seconds for one in answers] == sorted({one.seconds for one in answers})
    assert [one.megabytes for one in answers] == sorted({one.megabytes for one in answers})
    halved = cost_of_answer(name, {"experiment": asked[0], **arguments}, Speed(2, 2))
    assert halved.seconds == pytest.approx(answers[0].seconds / 2)


def test_a_question_about_no_experiment_costs_nothing() -> None:
    assert cost_of_answer("speed", {}) == Cost(0, 0)


def test_estimates_are_quick_and_do_without_torch() -> None:
    program = """
import sys, time
from models.experiment.cost import Limits, estimate, objection
from models.experiment import Experiment
estimate(Experiment())
start = time.process_time()
for _ in range(100):
    estimate(Experiment())
    objection(Experiment(), Limits(seconds=1))
print((time.process_time() - start) / 100)
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) < 0.02
