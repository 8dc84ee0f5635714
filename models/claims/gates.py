"""Claims about gates: they specialise in training, and their bias decides more than the cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.cells import cell_label, make_cell
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.long_sequences import AT_LONG_SEQUENCES, LENGTHS
from models.claims.measures import diagnostic, minus, score
from models.experiment import Experiment

CELLS = ("lstm", "gru")
LENGTH = 50
DOUBLED = Effect("spread of the gates over units, after training / before (log₂)", 1.0)
DECIDES = Effect("|effect of the bias| − |effect of the cell| on the score", 0.0)


def _specialise(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(f"{cell_label(cell)}: gate {gate}", DOUBLED, _growth(run, cell, gate))
        for run in runs
        for cell in CELLS
        for gate in make_cell(cell).sigmoid_gates()
    ]


def _growth(run: Measured, cell: str, gate: str) -> pd.Series:
    """The logarithm to base 2 of how many times as far apart the units are after training."""
    spread = diagnostic(run, cell, f"spread_{gate}", LENGTH)
    if len(spread) < 2 or spread.index[0] != 0:
        return pd.Series(dtype=float)
    growth: pd.Series = (spread.iloc[-1] / spread.iloc[0]).map(np.log2)
    return growth


def _bias_or_cell(runs: Sequence[Measured]) -> list[Case]:
    return [Case.of("LSTM and GRU, bias 1 and chrono", DECIDES, _main_effects(run)) for run in runs]


def _main_effects(run: Measured) -> pd.Series:
    """The size of the bias's main effect minus that of the cell's, of two cells with two biases."""
    of_lstm, of_gru = (
        [score(run, cell, LENGTHS) for cell in (name, f"{name}:bias=chrono")] for name in CELLS
    )
    table = pd.concat([*of_lstm, *of_gru], axis=1, join="inner").astype(float)
    lstm, lstm_chrono, gru, gru_chrono = (table.iloc[:, place] for place in range(4))
    of_bias = minus(lstm_chrono + gru_chrono, lstm + gru) / 2
    of_cell = minus(gru + gru_chrono, lstm + lstm_chrono) / 2
    return of_bias.abs() - of_cell.abs()


SPECIALISE = Claim(
    name="gates_specialise",
    title="Gates specialise",
    statement="In training, the gates of different units become different.",
    source="Karpathy, Johnson & Li 2016, section 4.2; Tallec & Ollivier 2018",
    reasoning="How far a gate is open, on average over steps and sequences, is one number for each "
    "unit. Their standard deviation over units is the spread. With bias 1, all units start alike; "
    "specialised are gates whose spread has at least doubled after training on temporal order, 50 "
    "steps. Each gate is a case. The GRU's reset gate and the LSTM's output gate have work to do "
    "as well, if the task needs them.",
    changes="A task that needs one time scale only, or no training at all; a chrono bias, with "
    "which units are different from the start.",
    experiments=(
        Experiment(
            cells=CELLS,
            lengths=(LENGTH,),
            seeds=SEEDS,
            steps=300,
            learning_rate=(0.01,),
            evaluate_every=300,
        ),
    ),
    cases=_specialise,
)
BIAS_DECIDES = Claim(
    name="bias_decides",
    title="Bias or cell",
    statement="The bias of the gate that keeps the state decides more than the choice between LSTM "
    "and GRU.",
    source="Jozefowicz et al. 2015, section 4; Tallec & Ollivier 2018",
    reasoning="Both cells with bias 1 and with chrono bias on temporal order, 100 and 200 steps. "
    "The effect of the bias is the mean score with chrono minus that with 1, over both cells; the "
    "effect of the cell is that of the GRU minus that of the LSTM, over both biases. The larger "
    "one decides more. Were neither to matter, each would be larger half of the time.",
    changes="Shorter sequences, at which bias 1 is enough and every cell learns.",
    experiments=(AT_LONG_SEQUENCES,),
    cases=_bias_or_cell,
)
