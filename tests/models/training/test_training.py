"""Training: what comes out, that it is repeatable, and that each model stands alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from models.analysis.schema import TABLES
from models.cells import CELLS
from models.cells.rnn import RNN
from models.experiment import ExperimentError
from models.experiment.partition import Shard
from models.experiment.random_streams import Stream, generator
from models.training.population_trainer import PopulationTrainer
from models.training.snapshot import Snapshot
from models.training.train import advance, choose_device, train
from tests.models.training.small import CPU, small, table, trainer_of

THREE_CELLS = small(cells=("rnn", "lstm:bias=chrono", "gru"))


@pytest.fixture(scope="module")
def snapshots() -> list[Snapshot]:
    return list(train(THREE_CELLS))


def test_every_cell_is_measured_at_initialisation_every_k_steps_and_at_the_end(
    snapshots: list[Snapshot],
) -> None:
    for cell in THREE_CELLS.cells:
        assert [one.step for one in snapshots if one.cell == cell] == [0, 3, 6, 7]


def test_cells_advance_together(snapshots: list[Snapshot]) -> None:
    order = [one.step for one in snapshots]
    assert order == sorted(order)


def test_tables_follow_the_schema(snapshots: list[Snapshot]) -> None:
    names = {name for one in snapshots for name in one.tables}
    assert names == set(TABLES) - {"validation", "generalisation"}
    for name in names:
        assert set(table(snapshots, name).columns) == set(TABLES[name]) - {"run"}
    models = len(THREE_CELLS.cells) * 2 * 2
    accuracy = table(snapshots, "accuracy")
    assert len(accuracy) == models * 4
    assert set(accuracy["sequences"]) == {24}  # 20, in whole batches of 8
    assert accuracy["accuracy"].between(0, 1).all()
    assert len(table(snapshots, "training")) == models * 7
    gradients = table(snapshots, "gradients")
    one = gradients.query("cell == 'lstm:bias=chrono' and length == 13 and seed == 1 and step == 3")
    assert list(one.query("state == 'c'")["t"]) == list(range(1, 14))
    assert set(gradients.query("cell == 'gru'")["state"]) == {"h"}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_same_experiment_gives_the_same_numbers_in_any_number_of_threads(
    snapshots: list[Snapshot], threads: int
) -> None:
    again = list(train(THREE_CELLS, threads=threads))
    assert [(one.cell, one.step) for one in again] == [(one.cell, one.step) for one in snapshots]
    for name in {name for one in snapshots for name in one.tables}:
        pd.testing.assert_frame_equal(table(snapshots, name), table(again, name), check_exact=True)
    for one, other in zip(snapshots, again, strict=True):
        kept = [[values.tobytes() for values in each.weights.values()] for each in (one, other)]
        assert kept[0] == kept[1]


def test_a_population_of_many_is_as_many_populations_of_one_to_the_bit() -> None:
    for cell in (*THREE_CELLS.cells, "lstm:norm=batch", "gru:norm=layer"):
        together = trainer_of(cells=[cell])
        shards = [Shard(cell, (model,)) for model in together.models]
        alone = [PopulationTrainer(together.experiment, shard, CPU) for shard in shards]
        for _ in range(5):
            together.train_step()
            for one in alone:
                one.train_step()
        rows = torch.cat([one.parameters for one in alone])
        assert torch.equal(together.parameters, rows)


def test_other_seeds_other_numbers(snapshots: list[Snapshot]) -> None:
    other = table(train(small(cells=THREE_CELLS.cells, first_seed=7)), "accuracy")
    assert not other["loss"].isin(table(snapshots, "accuracy")["loss"]).any()


def test_streams_never_meet() -> None:
    streams = [generator(0, 20, stream).integers(2**62, size=8) for stream in Stream]
    assert len({tuple(numbers) for numbers in streams}) == len(Stream)


def test_it_learns() -> None:
    experiment = small(lengths=[10], seeds=1, steps=150, hidden_size=24, batch_size=32)
    accuracy = table(train(experiment), "accuracy").sort_values("step")["accuracy"]
    assert accuracy.iloc[0] < 0.6
    assert accuracy.iloc[-1] > 0.9


def test_stop_keeps_what_was_measured() -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    stopped = list(train(small(steps=10_000), should_stop))
    last = stopped[-1]
    assert 0 < last.step < 10
    assert table(stopped, "training")["step"].max() == last.step
    assert table(stopped, "accuracy")["step"].max() == last.step


def test_a_model_that_overflows_is_frozen_and_marked_and_the_others_go_on() -> None:
    trainer = trainer_of(clip=0.0)
    advance(trainer, lambda: False)
    trainer.train_step()
    with torch.no_grad():
        trainer.parameters[1] = 1e38
    frozen = trainer.parameters[1].clone()
    snapshot = advance(trainer, lambda: False)
    assert list(snapshot.tables["accuracy"]["diverged"]) == [False, True, False, False]
    assert torch.equal(trainer.parameters[1], frozen)
    assert trainer.parameters[[0, 2, 3]].isfinite().all()
    sick = snapshot.tables["training"].query("length == 13 and seed == 1")
    assert len(sick) == 1  # the step at which it showed, and no more
    assert not np.isfinite(sick["loss"]).any()
    steps = snapshot.tables["training"].query("seed == 0 and length == 10")["step"]
    assert list(steps) == [2, 3]


def test_a_list_of_learning_rates_trains_each_and_validates() -> None:
    several = list(train(small(learning_rate=[0.01, 0.001], cells=["gru"])))
    accuracy, validation = table(several, "accuracy"), table(several, "validation")
    assert set(accuracy["learning_rate"]) == {0.01, 0.001}
    assert len(validation) == len(accuracy)
    final = {
        rate: rows.query("step == 7")["loss"].mean()
        for rate, rows in accuracy.groupby("learning_rate")
    }
    assert final[0.01] != final[0.001]
    assert not validation["loss"].isin(accuracy["loss"]).any()


def test_trained_models_are_scored_at_other_lengths_at_the_end() -> None:
    snapshots = list(train(small(test_lengths=[10, 30], cells=["gru"])))
    assert [one.step for one in snapshots if "generalisation" in one.tables] == [7]
    rows = table(snapshots, "generalisation")
    assert set(rows.columns) == set(TABLES["generalisation"]) - {"run"}
    assert len(rows) == 2 * 2 * 2
    # At the length they were trained at, on the same held-out sequences, nothing changes.
    final = table(snapshots, "accuracy").query("step == 7 and length == 10")
    same = rows.query("length == 10 and test_length == 10")
    assert list(same["accuracy"]) == pytest.approx(list(final["accuracy"]))


def test_a_new_cell_without_a_kernel_trains_through_its_readable_step(
    monkeypatch: pytest.MonkeyPatch, snapshots: list[Snapshot]
) -> None:
    class Elman(RNN):
        name = "elman"

    monkeypatch.setitem(CELLS, "elman", Elman)
    slow = list(train(small(cells=["elman"])))
    for name in ("accuracy", "training", "gradients"):
        fast = table([one for one in snapshots if one.cell == "rnn"], name).drop(columns="cell")
        pd.testing.assert_frame_equal(
            table(slow, name).drop(columns="cell"), fast, rtol=1e-3, atol=1e-6
        )


def test_a_gpu_that_is_not_there_is_said_plainly() -> None:
    if torch.cuda.is_available():
        assert choose_device("auto").type == "cuda"
    else:
        assert choose_device("auto").type == "cpu"
        with pytest.raises(ExperimentError, match="no GPU here: use auto or cpu"):
            choose_device("cuda")
