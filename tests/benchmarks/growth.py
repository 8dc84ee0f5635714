"""How the time of an optimiser step and the memory of a training grow with T, H, S and B.

    python -m tests.benchmarks.growth [--cell lstm] [--threads 2] [--out growth.html]

Sequence length T, hidden size H, number of models S and batch size B, each by itself, the others
as in BASE. Beside what was measured stands the estimate of ``models.experiment.cost``. An exponent
p says that it grows with the p-th power of the variable: the slope of the logarithms over the upper
half of the values, where what does not grow matters least; of memory beyond what a trainer takes
whatever it trains. The second option draws all of it. Linux only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from threadpoolctl import threadpool_limits

from models.experiment import Experiment
from models.experiment.cost import Speed, estimate
from models.experiment.cost.sizes import PopulationSizes
from models.experiment.cost.work import PopulationWork
from models.experiment.partition import partition
from models.kernels.threads import Threads
from models.service.questions.speed import speed
from models.settings.machine import cores
from models.training.population_trainer import PopulationTrainer
from tests.benchmarks.cost_measured import measured, small, warm_megabytes

BASE = {"T": 100, "H": 32, "S": 9, "B": 64}
VALUES = {
    "T": (25, 50, 100, 200, 400),
    "H": (8, 16, 32, 64, 128),
    "S": (1, 3, 9, 27, 81),
    "B": (8, 16, 32, 64, 128, 256),
}
NAMES = {"T": "sequence length", "H": "hidden size", "S": "models", "B": "batch size"}
REPEATS = 7
"""Optimiser steps, of which the fastest counts."""
COLUMNS = ("ms", "estimated_ms", "MB", "estimated_MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cell", default="lstm", help="a cell spec")
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--out", type=Path, help="an HTML file for the figure")
    options = parser.parse_args()
    torch.set_num_threads(1)
    points, alone = measure(options.cell, options.threads)
    title = f"{options.cell}, {options.threads} threads, otherwise {in_words(BASE)}"
    print(title, table(points, alone), sep="\n\n")
    if options.out:
        figure(points, title).write_html(options.out, include_plotlyjs=True)


def measure(cell: str, threads: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """A row for each variable and value of it, with COLUMNS; and the memory of a tiny training."""
    here, warm = Speed.from_answer(speed()), warm_megabytes()
    experiments = [
        (variable, value, _experiment(cell, {**BASE, variable: value}))
        for variable, values in VALUES.items()
        for value in values
    ]
    tiny = small([cell])
    measured(tiny)  # so that the machine code is cached
    alone = {
        "MB": warm + measured(tiny).megabytes,
        "estimated_MB": estimate(tiny, threads=1).megabytes,
    }
    # Memory first: a process that has trained hands what it has loaded on to its children.
    megabytes = [warm + measured(one, threads).megabytes for *_, one in experiments]
    rows = [
        (
            variable,
            value,
            1e3 * _seconds(experiment, threads),
            1e3 * _estimated_seconds(experiment, here, threads),
            taken,
            estimate(experiment, here, threads).megabytes,
        )
        for (variable, value, experiment), taken in zip(experiments, megabytes, strict=True)
    ]
    return pd.DataFrame(rows, columns=["variable", "value", *COLUMNS]), alone


def table(points: pd.DataFrame, alone: Mapping[str, float]) -> str:
    """What was measured and estimated, and under each variable how it grows with that."""
    head = f"{'':18}{'ms a step':>11}{'estimate':>11}{'MB':>9}{'estimate':>11}"
    return "\n".join([head, *_lines(points, alone)])


def _lines(points: pd.DataFrame, alone: Mapping[str, float]) -> Iterator[str]:
    for variable, own in points.groupby("variable", sort=False):
        for row in own.itertuples():
            yield (
                f"{f'{variable} = {row.value}':18}{row.ms:11.2f}{row.estimated_ms:11.2f}"
                f"{row.MB:9.0f}{row.estimated_MB:11.0f}"
            )
        ms, estimated_ms, mb, estimated_mb = (
            f"{variable}^{exponent(own['value'], more):.2f}"
            for more in (own[name] - alone.get(name, 0) for name in COLUMNS)
        )
        yield f"{'  grows with':18}{ms:>11}{estimated_ms:>11}{mb:>9}{estimated_mb:>11}"


def exponent(values: pd.Series[float], taken: pd.Series[float]) -> float:
    """The slope of the logarithms over the upper half of the values; NaN where none is above 0."""
    upper = len(values) // 2
    x, y = np.asarray(values, float)[upper:], np.asarray(taken, float)[upper:]
    if (y <= 0).any():
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def figure(points: pd.DataFrame, title: str) -> go.Figure:
    """A panel for each variable: dots are measured, lines estimated; memory on the right axis."""
    drawn = make_subplots(
        rows=2,
        cols=2,
        subplot_titles=[f"{NAMES[name]} {name}" for name in VALUES],
        specs=[[{"secondary_y": True}] * 2] * 2,
    )
    for place, (_, own) in enumerate(points.groupby("variable", sort=False)):
        cell = {"row": place // 2 + 1, "col": place % 2 + 1}
        for name, right, colour in (("ms", False, "#1f77b4"), ("MB", True, "#d95f02")):
            look = {"legendgroup": name, "showlegend": place == 0, "x": own["value"]}
            dots = go.Scatter(
                **look, y=own[name], mode="markers", name=f"{name}, measured", marker_color=colour
            )
            line = go.Scatter(
                **look,
                y=own[f"estimated_{name}"],
                mode="lines",
                name=f"{name}, estimated",
                line_color=colour,
            )
            for trace in (dots, line):
                drawn.add_trace(trace, **cell, secondary_y=right)
    drawn.update_xaxes(type="log", tickmode="array")
    for place, values in enumerate(VALUES.values()):
        cell = {"row": place // 2 + 1, "col": place % 2 + 1}
        drawn.update_xaxes(tickvals=values, ticktext=values, **cell)
    drawn.update_yaxes(type="log", title_text="ms an optimiser step", secondary_y=False)
    drawn.update_yaxes(rangemode="tozero", title_text="MB", secondary_y=True, showgrid=False)
    return drawn.update_layout(title=title, template="plotly_white", height=800)


def in_words(sizes: Mapping[str, int]) -> str:
    """Sizes as "T = 100, H = 32"."""
    return ", ".join(f"{name} = {value}" for name, value in sizes.items())


def _experiment(cell: str, sizes: Mapping[str, int]) -> Experiment:
    return Experiment(
        cells=(cell,),
        lengths=(sizes["T"],),
        seeds=sizes["S"],
        hidden_size=sizes["H"],
        batch_size=sizes["B"],
        held_out=sizes["B"],
        steps=1,
        device="cpu",
    )


def _seconds(experiment: Experiment, threads: int) -> float:
    """The wall time of an optimiser step."""
    with threadpool_limits(1, "blas"):
        (shard,) = partition(experiment)
        training = PopulationTrainer(
            experiment, shard, torch.device("cpu"), threads=Threads(threads)
        )
        took = []
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            training.train_step()
            took.append(time.perf_counter() - start)
    return min(took[1:])


def _estimated_seconds(experiment: Experiment, here: Speed, threads: int) -> float:
    sizes = PopulationSizes(experiment, partition(experiment)[0])
    return PopulationWork(sizes, threads).optimiser_step().seconds(here)


if __name__ == "__main__":
    main()
