"""What a store must hold of a run after a fault: a beginning of what no fault has touched."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from models.exchange.files import Results, from_store
from models.experiment import Experiment
from models.experiment.partition import partition
from models.store import Store
from models.store.tables import SHARDS
from tests.faults.victims import training

EXPERIMENT = Experiment(
    cells=("rnn", "lstm", "gru"),
    lengths=(10, 12),
    seeds=1,
    learning_rate=(0.01, 0.02),
    steps=12,
    evaluate_every=6,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    test_lengths=(11,),
    keep_weights="all",
    device="cpu",
)
"""Every cell and every table, in several parts."""

MODEL = ["cell", "length", "seed", "learning_rate"]
NOTHING = -1
"""The stored step of a part that is not born."""


@dataclass(frozen=True)
class Whole:
    """An experiment that was trained without a fault."""

    results: Results
    seconds: float
    """How long training took."""

    @property
    def experiment(self) -> Experiment:
        return self.results.experiment

    def check(self, store: Store, run: str) -> None:
        """Of each part, the run holds all rows up to its stored step, to the bit, and no others.

        Where it is finished, that is everything. It can be gone on with where it is not.
        """
        stored = from_store(store, run)
        parts = self._stored_steps(store, run)
        steps = self._of_models(parts)
        for name, rows in self.results.tables.items():
            own = [steps[model] for model in rows[MODEL].itertuples(index=False, name=None)]
            expected = rows[rows["step"] <= own].drop(columns="run").reset_index(drop=True)
            found = stored.tables[name].drop(columns="run")
            pd.testing.assert_frame_equal(found, expected, check_exact=True, obj=name)
        trained = {
            model: values.tobytes()
            for model, values in self.results.weights.items()
            if steps[model.cell, model.length, model.seed, model.learning_rate] == model.step
        }
        assert {model: values.tobytes() for model, values in stored.weights.items()} == trained
        for part, checkpoint in store.checkpoints(run).items():
            assert checkpoint.step <= parts[part]
        check_file(store)

    def check_end(self, store: Store, run: str) -> None:
        """The run has got everywhere, to the same bits."""
        end = store.run(run)
        assert (end.status, end.done_steps) == ("finished", self.experiment.steps), end.message
        self.check(store, run)

    def _stored_steps(self, store: Store, run: str) -> dict[str, int]:
        """The step up to which each part is stored."""
        parts = list(map(str, partition(self.experiment)))
        if store.run(run).status == "finished":
            return dict.fromkeys(parts, self.experiment.steps)
        query = sa.select(SHARDS.c.part, SHARDS.c.step).where(SHARDS.c.run == run)
        with store.reading() as connection:
            found = {row.part: int(row.step) for row in connection.execute(query)}
        assert set(found) <= set(parts)
        return {part: found.get(part, NOTHING) for part in parts}

    def _of_models(self, steps: dict[str, int]) -> dict[tuple[object, ...], int]:
        return {
            (part.cell, model.length, model.seed, model.learning_rate): steps[str(part)]
            for part in partition(self.experiment)
            for model in part.models
        }


def train_whole(store: Store, experiment: Experiment = EXPERIMENT) -> Whole:
    """Trains it without a fault."""
    run = store.create(experiment)
    with training(store, run) as process:
        process.join()
    end = store.run(run)
    assert end.status == "finished", end.message
    assert end.started
    assert end.finished
    return Whole(from_store(store, run), (end.finished - end.started).total_seconds())


def check_file(store: Store) -> None:
    """SQLite finds nothing wrong with its file."""
    if store.file:
        with store.reading() as connection:
            assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
