"""A store with many runs, made quickly and without training, with tables as large as real ones.

Accuracy falls with the length as that of trained models does; all numbers are drawn from a seed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.analysis.schema import TABLES
from models.experiment import Experiment
from models.store import Status, Store
from models.store.labels import Labels
from models.store.measurements import insertion
from models.store.summaries import summarise
from models.store.tables import RUNS
from models.tasks import make_task

TASKS = ("temporal_order", "adding", "copy", "recall")
CELLS = ("rnn", "lstm", "lstm:bias=chrono", "gru", "gru:bias=chrono", "rnn:norm=layer")
LENGTHS = (20, 50, 100, 200)
RATES = (0.005, 0.01, 0.02)
TAGS = ("sweep", "thesis", "broken?", "figure 3")
FATES: tuple[Status, ...] = ("finished", "finished", "finished", "stopped", "interrupted", "failed")


def make_runs(store: Store, count: int, seed: int = 0, visitor: str | None = None) -> list[str]:
    """Makes so many ended runs, one an hour until now; returns their ids, the oldest first."""
    rng = np.random.default_rng(seed)
    now = datetime.now(UTC)
    return [
        _make(store, rng, now - timedelta(hours=count - number), number, visitor)
        for number in range(count)
    ]


def _make(
    store: Store, rng: np.random.Generator, made: datetime, number: int, visitor: str | None
) -> str:
    experiment = _experiment(rng)
    run = store.create(experiment, visitor, process="made up")
    tables = _tables(rng, experiment)
    size = store.writing(insertion(run, tables))
    status = str(rng.choice(FATES))
    store.finish(run, status)  # type: ignore[arg-type]  # one of FATES
    tags = tuple(tag for tag in TAGS if rng.random() < 0.15)
    notes = "A longer note, as people write them down for later. " * int(rng.integers(0, 4))
    store.label(run, Labels(f"Run {number} of a sweep" if rng.random() < 0.7 else "", notes, tags))
    values = {
        "created": made,
        "started": made,
        "finished": made + timedelta(seconds=int(rng.integers(5, 900))),
        "done_steps": experiment.steps,
        "size": size,
    }
    change = sa.update(RUNS).where(RUNS.c.id == run).values(**values)
    store.writing(lambda connection: connection.execute(change))
    summarise(store, store.run(run))
    return run


def _experiment(rng: np.random.Generator) -> Experiment:
    task = str(rng.choice(TASKS))
    shortest = make_task(task).minimum_length
    return Experiment(
        task=task,
        cells=tuple(map(str, rng.choice(CELLS, 3, replace=False))),
        lengths=tuple(length for length in LENGTHS[: rng.integers(3, 5)] if length >= shortest),
        seeds=int(rng.integers(2, 4)),
        first_seed=int(rng.integers(0, 100)),
        steps=100,
        learning_rate=(float(rng.choice(RATES)),),
        device="cpu",
    )


def _tables(rng: np.random.Generator, experiment: Experiment) -> dict[str, pd.DataFrame]:
    reach = {cell: 10 ** rng.uniform(1.2, 2.6) for cell in experiment.cells}
    models = pd.DataFrame(
        product(
            experiment.cells,
            experiment.lengths,
            experiment.seed_numbers,
            experiment.learning_rate,
        ),
        columns=["cell", "length", "seed", "learning_rate"],
    ).assign(run="", task=experiment.task)
    chance = make_task(experiment.task).chance(experiment.lengths[0])
    steps = range(0, experiment.steps + 1, experiment.evaluate_every)
    accuracy = models.merge(pd.DataFrame({"step": steps}), how="cross")
    spread = rng.normal(0, 0.15, len(accuracy))
    log_reach = np.log(accuracy["cell"].map(reach) / accuracy["length"]) + spread
    learned = (accuracy["step"] / experiment.steps) / (1 + np.exp(-6 * log_reach))
    value = chance.accuracy + (1 - chance.accuracy) * learned
    accuracy = accuracy.assign(
        accuracy=value,
        loss=chance.loss * (1 - learned),
        chance_accuracy=chance.accuracy,
        chance_loss=chance.loss,
        sequences=experiment.held_out,
        solved=learned > 0.95,
        diverged=False,
    )
    training = models.merge(
        pd.DataFrame({"step": range(1, experiment.steps + 1)}), how="cross"
    ).assign(clipped=False)
    noise = rng.random((3, len(training)))
    training = training.assign(loss=noise[0], accuracy=noise[1], gradient_norm=noise[2])
    return {
        "accuracy": accuracy[list(TABLES["accuracy"])],
        "training": training[list(TABLES["training"])],
        "gradients": _profiles(models, reach, experiment),
    }


def _profiles(
    models: pd.DataFrame, reach: dict[str, float], experiment: Experiment
) -> pd.DataFrame:
    first = models[models["seed"] == experiment.first_seed]
    parts = []
    for row, step in product(first.to_dict("records"), (0, experiment.steps)):
        t = np.arange(1, row["length"] + 1)
        norms = np.exp((t - row["length"]) / reach[row["cell"]])
        parts.append(pd.DataFrame({"t": t, "gradient_norm": norms}).assign(**row, step=step))
    return pd.concat(parts, ignore_index=True).assign(state="h")[list(TABLES["gradients"])]
