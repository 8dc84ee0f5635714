"""Kept parameters come back bit for bit, and nothing else comes in with them."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.analysis.schema import MODEL_COLUMNS
from models.exchange import files
from models.experiment import Experiment
from models.experiment.partition import ModelKey, Shard, partition
from models.service import running
from models.service.running import execute
from models.store import Store, UnknownRunError
from models.training.population_trainer import PopulationTrainer
from models.training.snapshot import Snapshot
from models.training.train import train
from models.training.weights import WeightsKey, from_base64, from_npz, to_base64, to_npz
from tests.models.store.test_store import TINY

LSTM = ModelKey(12, 0, 0.02)


def keep(store: Store, run: str, step: int, weights: dict[ModelKey, np.ndarray]) -> None:
    """Weights of an LSTM, with the last snapshot of its population."""
    store.append(run, Snapshot(Shard("lstm", tuple(weights)), step, {}, weights), step)


def vector(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)


def changed(**settings: Any) -> Experiment:
    return replace(TINY, **settings)


@pytest.mark.parametrize(("keep_weights", "seeds"), [("first_seed", [3]), ("all", [3, 4])])
def test_a_finished_run_keeps_the_weights_of_the_first_seed_or_of_all(
    store: Store, keep_weights: str, seeds: list[int]
) -> None:
    experiment = changed(keep_weights=keep_weights, first_seed=3)
    run = store.create(experiment)
    execute(store, run)
    kept = store.weights(run)
    assert list(kept.columns) == [*MODEL_COLUMNS, "step"]
    assert set(kept["step"]) == {experiment.steps}
    assert set(kept["task"]) == {experiment.task}
    models = kept[["cell", "length", "seed", "learning_rate"]]
    assert set(models.itertuples(index=False, name=None)) == {
        (cell, length, seed, rate)
        for cell in experiment.cells
        for length in experiment.lengths
        for seed in seeds
        for rate in experiment.learning_rate
    }
    assert len(models) == len(models.drop_duplicates())


def test_they_are_the_parameters_that_training_ended_with(store: Store) -> None:
    run = store.create(TINY)
    execute(store, run)
    part = next(part for part in partition(TINY) if part.cell == "lstm")
    training = PopulationTrainer(TINY, part, torch.device("cpu"))
    for _ in range(TINY.steps):
        training.train_step()
    expected = training.parameters[part.models.index(LSTM)].detach().numpy()
    kept = store.parameters(run, "lstm", **vars(LSTM))
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_that_is_stopped_keeps_what_every_population_had_at_its_last_snapshot(
    threads: int,
) -> None:
    told: list[int] = []
    snapshots = []
    endless = changed(steps=10**6, learning_rate=(0.01,))
    for snapshot in train(endless, lambda: max(told, default=0) >= 6, threads):
        snapshots.append(snapshot)
        told.append(snapshot.step)
    measured = {
        one.shard: one.step
        for one in snapshots
        if one.tables and any(model.seed == 0 for model in one.shard.models)
    }
    kept = [one for one in snapshots if one.weights]
    assert {one.shard: one.step for one in kept} == measured
    assert sorted((one.cell, model.length) for one in kept for model in one.weights) == [
        (cell, length) for cell in sorted(TINY.cells) for length in TINY.lengths
    ]


def test_a_stopped_run_in_the_store_has_weights(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ASK_SECONDS", 0.0)
    run = store.create(changed(steps=10**6))

    def stop_soon(steps: int) -> None:
        if steps >= 2:
            store.request_stop(run)

    assert execute(store, run, stop_soon).status == "stopped"
    kept = store.weights(run)
    assert set(kept["cell"]) == set(TINY.cells)
    models = ["cell", "length", "seed", "learning_rate"]
    last = store.read(run, "accuracy")[0].groupby(models)["step"].max()
    assert (
        kept.set_index(models)["step"].to_dict()
        == last.xs(0, level="seed", drop_level=False).to_dict()
    )


def test_later_weights_of_a_model_take_the_place_of_earlier_ones(store: Store) -> None:
    run, other = store.create(TINY), store.create(TINY)
    first, second = vector([1, 2]), vector([3, np.nan])
    for target in (run, other):
        keep(store, target, 2, {LSTM: first})
    keep(store, run, 4, {LSTM: second, ModelKey(10, 0, 0.02): first})
    assert store.weights(run)["step"].to_list() == [4, 4]
    np.testing.assert_array_equal(store.parameters(run, "lstm", **vars(LSTM)), second)
    np.testing.assert_array_equal(store.parameters(other, "lstm", **vars(LSTM)), first)


def test_what_is_not_kept_is_said(store: Store) -> None:
    run = store.create(TINY)
    keep(store, run, 2, {LSTM: vector([1])})
    with pytest.raises(UnknownRunError, match="no weights of lstm at length 12, seed 1, learning"):
        store.parameters(run, "lstm", **vars(replace(LSTM, seed=1)))
    assert store.weights("nothing").empty
    assert store.weights("nothing").dtypes.to_dict() == store.weights(run).dtypes.to_dict()


def test_deleting_a_run_takes_its_weights_along(store: Store) -> None:
    kept, doomed = store.create(TINY), store.create(TINY)
    for run in (kept, doomed):
        keep(store, run, 2, {LSTM: vector([1])})
    store.delete(doomed)
    assert store.weights(doomed).empty
    assert len(store.weights(kept)) == 1
    keep(store, doomed, 2, {LSTM: vector([1])})
    assert store.weights(doomed).empty


@pytest.mark.parametrize("name", ["results", "results.zip"])
def test_store_and_files_keep_every_bit(tmp_path: Path, store: Store, name: str) -> None:
    run = store.create(TINY)
    execute(store, run)
    results = files.from_store(store, run)
    assert len(results.weights) == 2 * 2 * 2  # cells, lengths, learning rates
    files.write(results, tmp_path / name)
    again = files.read(tmp_path / name).weights
    assert list(again) == list(results.weights)
    for model, parameters in results.weights.items():
        identity = {**vars(model)}
        assert identity.pop("step") == TINY.steps
        expected = store.parameters(run, **identity).tobytes()
        assert parameters.tobytes() == again[model].tobytes() == expected


def test_a_zip_without_weights_still_opens(tmp_path: Path, store: Store) -> None:
    run = store.create(TINY)
    files.write(files.from_store(store, run), tmp_path / "old.zip")
    with zipfile.ZipFile(tmp_path / "old.zip") as archive:
        assert "weights.npz" not in archive.namelist()
    assert files.read(tmp_path / "old.zip").weights == {}


def test_a_name_says_which_model_it_is() -> None:
    model = WeightsKey("lstm:bias=chrono,init=pytorch", 100, 3, 0.02, 400)
    assert WeightsKey.parse(str(model)) == model
    with pytest.raises(ValueError, match="does not say which model"):
        WeightsKey.parse("lstm length=100")


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


NAME = str(WeightsKey("rnn", 10, 0, 0.01, 4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npz(**{NAME: np.array([{"an": "object"}], dtype=object)}), "allow_pickle=False"),
        (pickle.dumps({"a": 1}), "not a ZIP of arrays"),
        (npz(**{NAME: np.zeros(3)}), "expected float32 numbers in a row, not float64"),
        (npz(**{NAME: np.zeros((3, 1), np.float32)}), "expected float32 numbers in a row"),
        (npz(weather=np.zeros(3, np.float32)), "does not say which model it is"),
        (npz(**{NAME: np.zeros(99, np.float32)})[:-30], "File is not a zip file"),
        (b"", "not a ZIP of arrays"),
    ],
)
def test_what_this_project_does_not_write_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        from_npz(content)
    assert str(caught.value).startswith("weights.npz is not what this project writes: ")


def test_as_text_and_back() -> None:
    parameters = vector([1.5, -0.0, np.nan, 1e-45])
    assert from_base64(to_base64(parameters)).tobytes() == parameters.tobytes()
    model = WeightsKey("rnn", 10, 0, 0.01, 4)
    assert from_npz(to_npz({model: parameters}))[model].tobytes() == parameters.tobytes()
    for bad, message in (("no base64!", "not base64"), ("AAA=", "multiple of element size")):
        with pytest.raises(ValueError, match=message):
            from_base64(bad)
