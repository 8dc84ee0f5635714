"""A new task or cell is one class and one line in a registry: then it is everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from models.cells import CELLS
from models.cells.cell import Cell, HiddenState, Weights
from models.command_line.catalogue import catalogue
from models.command_line.main import parse_experiment
from models.experiment import Experiment
from models.tasks import TASKS
from models.tasks.task import Baseline, Batch, Example, Legend, Split, Task
from models.training.train import train
from tests.dashboard import pages


class Parity(Task):
    """The sum of all bits, modulo two."""

    name = "parity"
    title = "Parity"
    lengths = (3, 5)
    inputs = 1
    outputs = 2

    @property
    def legend(self) -> Legend:
        return Legend("A bit per step.", "Whether the number of ones is odd.", "Every step counts.")

    @property
    def script(self) -> str:
        return "def sample(sequences, length, generator, split): ..."

    def sample(
        self, rng: np.random.Generator, sequences: int, length: int, split: Split = "train"
    ) -> Batch:
        bits = rng.integers(0, 2, (length, 1, sequences))
        return Batch(bits.astype(np.float32), bits.sum(axis=0) % 2)

    def baselines(self, length: int) -> tuple[Baseline, ...]:
        return (Baseline("chance", 0.5, math.log(2)),)

    def describe(self, batch: Batch, sequence: int) -> Example:
        bits = batch.inputs[:, 0, sequence].astype(int)
        return Example(tuple(map(str, bits)), (True,) * len(bits), str(bits.sum() % 2))


class Leaky(Cell):
    """A leaky average of what comes in."""

    name = "leaky"
    title = "Leaky"
    equations = (r"h_t = (h_{t-1} + \\tanh(W_x x_t + W_h h_{t-1} + b)) / 2",)
    options = ()
    gates = ("n",)
    candidate = "n"

    def compute_gates(
        self, w: Weights, x: torch.Tensor, state: HiddenState
    ) -> tuple[torch.Tensor, ...]:
        return ((w.W_x @ x + w.W_h @ state.h + w.b).tanh(),)

    def next_state(
        self, w: Weights, gates: tuple[torch.Tensor, ...], state: HiddenState
    ) -> HiddenState:
        (n,) = gates
        return HiddenState((state.h + n) / 2)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "parity", Parity)
    monkeypatch.setitem(CELLS, "leaky", Leaky)


def test_they_are_on_the_page(race: AppTest) -> None:
    page = race.run()
    assert "Parity" in page.selectbox(key="task").options
    assert "Leaky" in page.multiselect(key="cells").options
    page.selectbox(key="task").set_value("parity").run()
    page.multiselect(key="cells").set_value(["leaky", "rnn"]).run()
    assert not page.exception
    assert pages.experiment(page).task == "parity"
    assert "Leaky" in pages.spans(page)
    page.segmented_control(key="built_cell").set_value("leaky").run()
    assert not page.exception
    assert "Whether the number of ones is odd." in "\n".join(text.value for text in page.markdown)


def test_they_are_in_the_command_line() -> None:
    experiment = parse_experiment(["--task", "parity", "--cells", "leaky", "--lengths", "3"])
    assert experiment.cells == ("leaky",)
    assert "parity" in catalogue()
    assert "A leaky average" in catalogue()


def test_they_train() -> None:
    experiment = Experiment(
        task="parity", cells=("leaky", "gru"), lengths=(3,), seeds=1, steps=2, evaluate_every=1
    )
    cells = {snapshot.cell for snapshot in train(experiment) if snapshot.step == 2}
    assert cells == {"leaky", "gru"}
