"""tanh against ReLU: what saturates makes gradients vanish, what does not lets them explode."""

from __future__ import annotations

from models.analysis.statistics import trained
from models.analysis.words import count
from models.claims.instability import TANH_KEEPS
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import divergence, half_lives, reach
from models.stories.story import Step, Story, Tables

RELU = "rnn:activation=relu"
"""The RNN with ReLU and orthogonal recurrent weights."""
LARGE = f"{RELU},gain=2"
"""The same with recurrent weights twice as large."""


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest, rows = experiment.lengths[-1], tables["diagnostics"]
    subject = f"At initialisation, going back {count(longest, 'step')}, the gradient"
    text = half_lives(subject, rows, experiment.cells, longest)
    accuracy = trained(tables["accuracy"])
    if accuracy.empty:
        return text
    return f"{text} {reach(experiment, accuracy)} {divergence(experiment, accuracy)}"


STORY = Story(
    name="tanh_against_relu",
    title="tanh against ReLU",
    claims=(TANH_KEEPS,),
    text="At every step back, the gradient is multiplied by the slope of the activation. The "
    "slope of σ is at most 1/4, so almost nothing survives a few steps. The slope of tanh is 1 "
    "at 0 and falls as units saturate. ReLU has slope 1 where it is active, and no upper bound: "
    "with large recurrent weights, states and gradients grow without limit; with identity "
    "weights (IRNN), they keep their size. Gradients are not clipped in these runs.",
    source="Hochreiter & Schmidhuber 1997, section 3.1; Le, Jaitly & Hinton 2015",
    presets=(
        Preset(
            "tanh_against_relu",
            "Activations and initialisations",
            "Saturating and non-saturating activations, with small and large weights.",
            Experiment(
                cells=(
                    "rnn",
                    "rnn:activation=sigmoid",
                    RELU,
                    "rnn:activation=relu,init=identity",
                    LARGE,
                    "rnn:gain=2",
                ),
                lengths=(20, 50, 100),
                steps=300,
                learning_rate=(0.005,),
                clip=0.0,
            ),
        ),
    ),
    steps=(
        Step(
            "Each step back multiplies the gradient by the slope of the activation. For σ the "
            "slope is at most 1/4: its line falls fastest.",
            "initialisation",
            20,
        ),
        Step(
            "Over 100 steps, the line of ReLU with gain 2 rises towards the left: nothing limits "
            "its gradient. With identity weights the line stays level.",
            "initialisation",
            100,
        ),
        Step(
            "During training, without clipping: the heat map of ReLU with gain 2. Below it is "
            "the norm of its gradient.",
            "training",
            100,
            cell=LARGE,
        ),
    ),
    conclusion=conclusion,
)
