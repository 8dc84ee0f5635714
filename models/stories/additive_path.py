"""The LSTM's additive path: through c the gradient is kept alive, elsewhere it need not be."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from models.analysis.at_initialisation import at_birth
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.numbers import after_training, finished, half_lives, listed, reach, the, values
from models.stories.story import Story, Tables

MARGIN = 1.1
"""Half-lives nearer to each other than this factor are alike."""


def says(experiment: Experiment, tables: Tables) -> str:
    longest, cells, rows = experiment.lengths[-1], experiment.cells, tables["diagnostics"]
    told = [
        half_lives(f"At birth, T = {longest}, the gradient through c", rows, cells, longest, "c"),
        half_lives("Through h it", rows, cells, longest),
    ]
    better = listed(_better_through_c(rows, cells, longest))
    than = "longer through c than through h"
    told.append(f"It lives {than} for {better}." if better else f"It does not live {than}.")
    if gates := at_birth(rows, "mean_f", longest):
        told.append(f"On average the forget gate lets through {values(gates, cells)}.")
    accuracy = finished(tables["accuracy"])
    if len(accuracy):
        told.append(reach(experiment, accuracy))
        if gates := after_training(rows, cells, "mean_f", longest):
            told.append(f"By then the forget gate lets through {values(gates, cells)}.")
    return " ".join(told)


def _better_through_c(rows: pd.DataFrame, cells: Sequence[str], length: int) -> list[str]:
    """The cells whose gradient shrinks more slowly through c by more than MARGIN."""
    through_c, through_h = (at_birth(rows, f"half_life_{state}", length) for state in "ch")
    both = [cell for cell in cells if cell in through_c and cell in through_h]
    return [the(cell) for cell in both if through_c[cell] > MARGIN * through_h[cell] > 0]


STORY = Story(
    name="additive_path",
    title="The LSTM's additive path",
    statement="The long-term state c is changed by addition, which keeps its gradient alive; "
    "other paths may still vanish or explode.",
    text="Along c the gradient is multiplied by the forget gate and nothing else: ∂cₜ/∂cₜ₋₁ "
    "= f. With bias 0 the gate starts half open and keeps 0.5 a step; with bias 1 it keeps 0.73, "
    "which after 100 steps is 10⁻¹⁴; with chrono bias the units' time constants reach over the "
    "whole sequence. Choose both paths: what flows through h meets gates and weights at every "
    "step, and lives off what c hands it.",
    source="Hochreiter & Schmidhuber 1997; Gers et al. 2000; Jozefowicz et al. 2015; Tallec & "
    "Ollivier 2018, eq. 16",
    opens="birth",
    presets=(
        Preset(
            "additive_path",
            "Three forget biases",
            "The same LSTM, its forget gates half shut, open, and spread over the sequence.",
            Experiment(
                cells=("lstm:bias=0", "lstm", "lstm:bias=chrono"),
                lengths=(20, 50, 100, 200),
                steps=300,
            ),
        ),
    ),
    says=says,
    cell="lstm:bias=chrono",
    both_paths=True,
)
