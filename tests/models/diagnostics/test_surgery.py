"""Gate surgery: what an intervention does to the cell, and to its answers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from models.analysis.statistics import clopper_pearson
from models.cells import CELLS
from models.diagnostics.inside.interventions import (
    Clamp,
    Erase,
    Intervention,
    Noise,
    Transplant,
    from_json,
    run_with,
    to_json,
)
from models.diagnostics.inside.surgery import ablation_table, operate, operations
from models.diagnostics.inside.trained_model import TrainedModel
from models.diagnostics.trajectory import State, Trajectory
from models.experiment import ExperimentError
from models.tasks import TASKS
from tests.models.diagnostics.trained import HIDDEN, quickly_trained, random_model
from tests.models.diagnostics.trajectories import NORMALISED, STATES, random

STEPS = 7


@pytest.fixture(scope="module")
def recall() -> TrainedModel:
    """It holds the first symbol for 15 steps."""
    return quickly_trained("lstm:bias=chrono", "recall", 15, 150)


def assert_same(one: list[State], other: list[State]) -> None:
    for mine, theirs in zip(one, other, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [*STATES, *NORMALISED])
def test_nothing_done_is_nothing_changed(name: str) -> None:
    intact = random(name)
    assert_same(run_with(intact, []), list(intact.states))
    (*_, state) = intact.cell.states
    assert_same(run_with(intact, [Noise(state, 3, 0.0)]), list(intact.states))


@pytest.mark.parametrize("name", ["lstm", "lstm:norm=layer", "lstm:norm=batch"])
def test_f_at_1_and_i_at_0_freeze_c(name: str) -> None:
    intact = random(name)
    clamps = [Clamp("f", 1.0, None, 4, STEPS), Clamp("i", 0.0, None, 4, STEPS)]
    states = run_with(intact, clamps)
    assert_same(states[:4], list(intact.states[:4]))
    for _, c in states[4:]:
        assert torch.equal(c, states[3][1])
    h = torch.stack([state[0] for state in states[4:]])
    assert (h[1:] != h[:-1]).any()  # o goes on


def test_z_at_1_freezes_h() -> None:
    states = run_with(random("gru"), [Clamp("z", 1.0, None, 3, STEPS)])
    for (h,) in states[3:]:
        assert torch.equal(h, states[2][0])


def test_f_at_0_and_i_at_0_empty_c() -> None:
    states = run_with(random("lstm"), [Clamp("f", 0.0, None, 2, 2), Clamp("i", 0.0, None, 2, 2)])
    assert not states[2][1].any()
    assert states[3][1].any()


def test_some_units_alone_are_held() -> None:
    intact = random("lstm")
    clamps = [Clamp("f", 1.0, (1, 3), 1, STEPS), Clamp("i", 0.0, (1, 3), 1, STEPS)]
    c = torch.stack([state[1] for state in run_with(intact, clamps)])
    assert not c[:, :, [0, 2]].any()
    assert c[1:, :, 1].all()


def test_a_gate_at_its_mean() -> None:
    intact = random("gru")
    mean = intact.gates["n"].mean(dim=(0, -1))[..., None]
    states = run_with(intact, [Clamp("n", "mean", None, 1, STEPS), Clamp("z", 0.0, None, 1, STEPS)])
    for (h,) in states[1:]:
        torch.testing.assert_close(h, mean.expand_as(h))


def test_erased_at_one_step_it_runs_on_from_there() -> None:
    intact = random("lstm")
    states = run_with(intact, [Erase("c", 3, (2,))])
    expected = [state.clone() for state in intact.states[3]]
    expected[1][:, 1] = 0
    assert_same([states[3]], [tuple(expected)])
    assert_same([states[4]], [intact.step(3, tuple(expected))])
    assert_same(states[:3], list(intact.states[:3]))


def test_noise_has_the_spread_of_the_state_times_its_scale() -> None:
    intact = random("gru", hidden=400)
    (before,), (after,) = intact.states[3], run_with(intact, [Noise("h", 3, 2.0, seed=1)])[3]
    ratio = (after - before).std(dim=(1, 2)) / before.std(dim=(1, 2))
    torch.testing.assert_close(ratio, torch.full((2,), 2.0).double(), rtol=0.1, atol=0)
    same = run_with(intact, [Noise("h", 3, 2.0, seed=1)])[3][0]
    assert torch.equal(after, same)
    assert not torch.equal(after, run_with(intact, [Noise("h", 3, 2.0, seed=2)])[3][0])


def test_a_transplanted_state_is_the_one_of_the_sequence_before() -> None:
    intact = random("lstm")
    states = run_with(intact, [Transplant(2)])
    rolled = tuple(state.roll(1, dims=-1) for state in intact.states[2])
    assert_same([states[2], states[3]], [rolled, intact.step(2, rolled)])


def test_interventions_are_done_in_order() -> None:
    intact = random("gru")
    last = run_with(intact, [Clamp("z", 0.0, None, 1, 7), Clamp("z", 1.0, None, 1, 7)])
    assert not last[-1][0].any()
    first = run_with(intact, [Clamp("z", 1.0, None, 1, 7), Clamp("z", 0.0, None, 1, 7)])
    assert first[-1][0].any()


def test_a_swapped_memory_gives_the_other_sequences_answer(recall: TrainedModel) -> None:
    result = operate(recall, [Transplant(7)], 400)
    assert result.before.share > 0.95
    assert result.swapped is not None
    assert result.swapped.other.share > 0.95
    assert result.swapped.own.share < 0.05
    assert result.swapped.own.sequences == result.swapped.other.sequences
    assert 200 < result.swapped.own.sequences < 400  # a quarter has the same symbol
    assert result.after.share == pytest.approx(0.25, abs=0.1)


def test_erasing_c_loses_the_answer_and_the_probe_says_when(recall: TrainedModel) -> None:
    result = operate(recall, [Erase("c", 7), Erase("h", 7)], 400)
    assert result.after.share < 0.5
    curve = result.probe.set_index(["operated", "state", "t"])["accuracy"].sort_index()
    assert curve[False, "c", 15] == 1
    assert curve[True, "c", 6] == 1
    assert (curve[True, "c"].loc[7:] < 0.4).all()
    low, high = clopper_pearson(result.after.share * 400, 400)
    assert result.after.low == pytest.approx(float(low))
    assert result.after.high == pytest.approx(float(high))


def test_the_ablation_table_says_which_gates_the_task_needs(recall: TrainedModel) -> None:
    table = ablation_table(recall, 400)
    identity = ["task", "cell", "length", "seed", "learning_rate"]
    shares = ["accuracy", "low", "high", "sequences"]
    assert list(table.columns) == [*identity, "gate", "to", *shares]
    accuracy = table.set_index(["gate", "to"])["accuracy"]
    assert list(accuracy.index) == [
        ("", ""),
        *((gate, to) for gate in "ifog" for to in ("0", "1", "mean")),
    ]
    assert accuracy["", ""] > 0.95
    for gate in "ig":  # nothing is written then, and only one answer is ever given
        assert accuracy[gate, "0"] < 0.45
    assert accuracy["f", "1"] > accuracy["f", "0"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", CELLS)
def test_every_cell_has_operations_on_every_task(name: str, task: str) -> None:
    model = random_model(name, task)
    offered = operations(model)
    for key, one in offered.items():
        assert one.name == key
        done = operate(model, one.interventions, 16)
        assert done.before.sequences == done.after.sequences == 16
        assert (done.swapped is not None) == (key == "swap")
    assert len(ablation_table(model, 16)) == 1 + 3 * len(model.cell.gates)


def test_the_operations_of_each_cell() -> None:
    titles = {
        name: {one.title: one.interventions for one in operations(random_model(name)).values()}
        for name in CELLS
    }
    lstm = titles["lstm"]
    assert {
        "Clamp f to 1",
        "Close the input gate after the first symbol",
        "Erase c at the middle",
        "Swap the memories of two sequences",
    } <= set(lstm)
    # At T = 12 the first symbol stands at step 2, and the second at step 7.
    assert lstm["Close the input gate after the first symbol"] == (Clamp("i", 0, None, 3, 12),)
    assert lstm["Erase c at the middle"] == (Erase("c", 6),)
    assert lstm["Swap the memories of two sequences"] == (Transplant(7),)
    assert "Clamp z to 1" in titles["gru"]
    assert not any("gate" in title or "Clamp" in title for title in titles["rnn"])


@pytest.mark.parametrize(
    "one",
    [
        Clamp("f", 1.0, (1, 2), 3, 4),
        Clamp("f", "mean", None, 1, 4),
        Erase("c", 4),
        Noise("h", 2, 0.5, 7),
        Transplant(4),
    ],
)
def test_to_json_and_back(one: Intervention) -> None:
    assert from_json(json.loads(json.dumps(to_json(one)))) == one


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"kind": "hug"}, "kind is 'hug': choose from clamp, erase, noise, transplant"),
        ({}, "kind is None"),
        ({"kind": "erase", "state": "c"}, "erase: .*'t'"),
        ({"kind": "transplant", "t": 1, "to": "moon"}, "transplant: .*'to'"),
        ({"kind": "transplant", "t": 0}, "t is 0: give a step from 1 to 12"),
        ({"kind": "transplant", "t": "2"}, "t is '2'"),
        ({"kind": "erase", "state": "x", "t": 3}, "state is 'x': choose from h, c"),
        ({"kind": "erase", "state": "c", "t": 3, "units": [6]}, "units has 6: .* from 1 to 5"),
        ({"kind": "erase", "state": "c", "t": 3, "units": ["a"]}, "units has 'a'"),
        ({"kind": "noise", "state": "c", "t": 3, "scale": -1}, "scale is -1"),
        ({"kind": "noise", "state": "c", "t": 3, "scale": 1, "seed": -1}, "seed is -1"),
        ({"kind": "clamp", "gate": "z", "to": 1}, "clamp: .*'units'"),
        (
            {"kind": "clamp", "gate": "z", "to": 1, "units": None, "first": 1, "last": 2},
            "gate is 'z': choose from i, f, o, g",
        ),
        (
            {"kind": "clamp", "gate": "f", "to": "low", "units": None, "first": 1, "last": 2},
            "to is 'low': give a number from -1 to 1, or mean",
        ),
        (
            {"kind": "clamp", "gate": "f", "to": 1, "units": None, "first": 1, "last": 13},
            "last is 13: give a step from 1 to 12",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(bad: dict[str, Any], message: str) -> None:
    model = random_model("lstm")
    with pytest.raises(ExperimentError, match=message):
        operate(model, [from_json(bad)], 16)


def test_shares_of_several_answers_count_each_sequence_once() -> None:
    model = random_model("lstm", "copy")
    done = operate(model, [], 32)
    assert done.before == done.after
    assert done.before.sequences == 32
    batch = model.held_out(32)
    right = model.right(model.trajectory(batch).states, batch.targets)
    assert right.shape == (10, 32)
    assert done.before.share == pytest.approx(right.double().mean().item())


def test_sequences_whose_two_answers_are_the_same_are_left_out() -> None:
    model = random_model("gru", "adding")
    done = operate(model, [Transplant(3)], 64)
    assert done.swapped is not None
    targets = model.held_out(64).targets[-1]
    differ = int((abs(targets - np.roll(targets, 1)) >= model.task.tolerance).sum())
    assert done.swapped.own.sequences == done.swapped.other.sequences == differ


def test_trajectories_of_a_population_are_operated_on_side_by_side() -> None:
    intact: Trajectory = random("lstm", hidden=HIDDEN)
    states = run_with(intact, [Erase("c", 2)])
    assert states[-1][0].shape == intact.states[-1][0].shape
