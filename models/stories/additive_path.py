"""The LSTM's additive path: along c the gradient lasts, along other paths it need not."""

from __future__ import annotations

from models.analysis.at_initialisation import medians_at_initialisation
from models.analysis.statistics import trained
from models.claims.paths import C_SURVIVES, OTHERS_EXPLODE
from models.experiment import Experiment
from models.experiment.presets import Preset
from models.stories.sentences import after_training, half_lives, reach, values
from models.stories.story import Step, Story, Tables


def conclusion(experiment: Experiment, tables: Tables) -> str:
    """What a run shows of the statement, see ``Story.conclusion``."""
    longest, cells, rows = experiment.lengths[-1], experiment.cells, tables["diagnostics"]
    sentences = [
        half_lives(
            f"At initialisation, T = {longest}, the gradient through c", rows, cells, longest, "c"
        ),
        half_lives("Through h it", rows, cells, longest),
    ]
    gates = medians_at_initialisation(rows, "mean_f", longest)
    sentences.append(values("The mean of the forget gate is", gates, cells))
    accuracy = trained(tables["accuracy"])
    if len(accuracy):
        sentences.append(reach(experiment, accuracy))
        gates = after_training(rows, cells, "mean_f", longest)
        sentences.append(values("By then, the mean of the forget gate is", gates, cells))
    return " ".join(filter(None, sentences))


STORY = Story(
    name="additive_path",
    title="The LSTM's additive path",
    claims=(C_SURVIVES, OTHERS_EXPLODE),
    text="Along c, the gradient is multiplied at each step by the forget gate and nothing else: "
    "∂cₜ/∂cₜ₋₁ = f. With bias 0 the gate starts half open and keeps 0.5 per step. With bias 1 it "
    "keeps 0.73, which leaves 10⁻¹⁴ after 100 steps. With chrono bias, the time constants of the "
    "units span the whole sequence. Choose both paths to compare them: the gradient through h "
    "passes gates and weights at every step, and lasts only because c feeds it.",
    source="Hochreiter & Schmidhuber 1997; Gers et al. 2000; Jozefowicz et al. 2015; Tallec & "
    "Ollivier 2018, eq. 16",
    presets=(
        Preset(
            "additive_path",
            "Three forget biases",
            "The same LSTM with forget gates that start half open, mostly open, or spread over "
            "the time scales of the sequence.",
            Experiment(
                cells=("lstm:bias=0", "lstm", "lstm:bias=chrono"),
                lengths=(20, 50, 100, 200),
                steps=300,
            ),
        ),
    ),
    steps=(
        Step(
            "The gradient along two paths, through c and through h, over 50 steps, for three "
            "forget biases.",
            "initialisation",
            50,
            states="both",
        ),
        Step(
            "Through c alone, over 200 steps: at every step, each line falls by the factor of "
            "its mean forget gate. The chrono bias keeps it high.",
            "initialisation",
            200,
            states="c",
        ),
        Step(
            "During training: the heat maps of c and h for the LSTM with chrono bias.",
            "training",
            200,
            cell="lstm:bias=chrono",
        ),
    ),
    conclusion=conclusion,
)
