"""Claims about the paths of the gradient through an LSTM: c carries it, others may explode."""

from __future__ import annotations

from collections.abc import Sequence

from models.cells import cell_label
from models.claims.claim import SEEDS, Case, Claim, Effect, Measured
from models.claims.measures import DECADES, EXPLODES, RATIOS, VANISHES, gradient_ratio
from models.experiment import Experiment

LENGTH = 100
GATED = ("lstm", "lstm:bias=chrono")
LARGE = ("lstm:bias=0,gain=3", "lstm:gain=3", "lstm:bias=chrono,gain=3")
SURVIVES = Effect(f"{RATIOS['c']}, at initialisation, power of ten", -DECADES)


def _through_c(runs: Sequence[Measured]) -> list[Case]:
    return [
        case
        for run in runs
        for case in (
            *(
                case
                for cell in GATED
                for case in (
                    Case.of(
                        f"{cell_label(cell)}: through c it survives",
                        SURVIVES,
                        gradient_ratio(run, cell, LENGTH, "c"),
                    ),
                    Case.of(
                        f"{cell_label(cell)}: through h it vanishes",
                        VANISHES,
                        gradient_ratio(run, cell, LENGTH),
                    ),
                )
            ),
            Case.of("RNN: it vanishes", VANISHES, gradient_ratio(run, "rnn", LENGTH)),
        )
    ]


def _other_paths(runs: Sequence[Measured]) -> list[Case]:
    return [
        Case.of(cell_label(cell), EXPLODES, gradient_ratio(run, cell, LENGTH))
        for run in runs
        for cell in LARGE
    ]


C_SURVIVES = Claim(
    name="c_survives",
    title="The path through c",
    statement="The LSTM's gradient through c survives where that through h, and that of a simple "
    "RNN, vanish.",
    source="Hochreiter & Schmidhuber 1997, section 4; Gers et al. 2000; Tallec & Ollivier 2018",
    reasoning="Before training, over 100 steps. A gradient survives of which more than a "
    "hundredth is left at the first step. Along c alone it is multiplied by the forget gate at "
    "every step, to which the other paths add. The LSTM of 1997 had no forget gate, as if it were "
    "1; with bias 1 it is 0.73, of which 10⁻¹⁴ is left after 100 steps. So both ways to start "
    "that gate are tested.",
    changes="The bias of the forget gate: the nearer the gate is to 1, the longer the gradient "
    "lasts.",
    experiments=(Experiment(cells=("rnn", *GATED), lengths=(LENGTH,), seeds=SEEDS, steps=0),),
    cases=_through_c,
)
OTHERS_EXPLODE = Claim(
    name="other_paths_explode",
    title="Other paths",
    statement="Along other paths of the LSTM, the gradient can still explode.",
    source="Pascanu, Mikolov & Bengio 2013, section 3.1",
    reasoning="Along c, no factor is above 1. Through h and the gates, the gradient meets the "
    "recurrent weights. They are three times as large here as orthogonal ones, over 100 steps and "
    "before training. What *can* happen is proven by one case: one of three forget biases is "
    "enough at which the gradient at the first step is more than 100 times that at the last.",
    changes="Even larger weights, or those that training makes: not to see it at these three is no "
    "proof that it cannot happen.",
    experiments=(Experiment(cells=LARGE, lengths=(LENGTH,), seeds=SEEDS, steps=0),),
    cases=_other_paths,
    any_case=True,
)
