"""Layer norm and batch norm inside the recurrence."""

from __future__ import annotations

from models.cells import make_cell
from models.experiment import Experiment
from models.presets import Preset
from models.results.memory_span import memory_spans
from models.stories.numbers import finished, half_lives, longest_solved, reach, the
from models.stories.story import Story, Tables


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    lives = half_lives(tables["diagnostics"], longest)
    told = f"At birth, T = {longest}, the gradient {lives}."
    accuracy = tables["accuracy"]
    if not finished(accuracy):
        return told
    spans = memory_spans(accuracy).set_index("cell")["text"]
    told += f" {reach(accuracy, experiment.cells)}"
    plain = next((cell for cell in experiment.cells if make_cell(cell).norm == "none"), None)
    if plain is None:
        return told
    for norm, notes in (("layer", "does help"), ("batch", "helps little")):
        cells = [cell for cell in experiment.cells if make_cell(cell).norm == norm]
        if cells:
            best = max(cells, key=lambda cell: longest_solved(accuracy, cell))
            gained = longest_solved(accuracy, best) - longest_solved(accuracy, plain)
            seen = {1: "it helps", 0: "it makes no difference", -1: "it hurts"}[
                (gained > 0) - (gained < 0)
            ]
            told += (
                f" {norm.capitalize()} norm: the notes say that it {notes}; in this run, by the "
                f"lengths solved, {seen} (memory span {spans[best]} against {spans[plain]} for "
                f"{the(plain)})."
            )
    return told


def _preset(name: str, title: str, lesson: str, plain: str, lengths: tuple[int, ...]) -> Preset:
    cells = tuple(
        f"{plain}:{options}".removesuffix(":")
        for options in ("", "norm=batch", "gamma=0.1,norm=batch", "norm=layer")
    )
    experiment = Experiment(cells=cells, lengths=lengths, steps=300, learning_rate=(0.01,))
    return Preset(name, title, lesson, experiment)


STORY = Story(
    name="normalisation",
    title="Layer norm and batch norm",
    statement="Inside a recurrence batch normalisation helps little; layer normalisation does "
    "help.",
    text="Normalising keeps pre-activations where the activation has a slope. Batch norm needs "
    "statistics of every time step by itself. Cooijmans et al. start its scale at γ = 0.1, out of "
    "saturation, and saw the gradient carried almost level; where every step brings an input, as "
    "here, input and state are normalised to the same size, so each new state is half made of the "
    "newest input and the past fades by about 1/√2 a step at any small γ. Layer norm needs no "
    "batch: each sequence is normalised over its units.",
    source="Cooijmans et al. 2016, section 4 and figure 1; Ba, Kiros & Hinton 2016",
    opens="birth",
    presets=(
        _preset("normalisation", "Simple RNN", "The cell that needs it most.", "rnn", (10, 20, 50)),
        _preset(
            "normalisation_lstm",
            "LSTM",
            "The cell that the papers normalise.",
            "lstm",
            (20, 50, 100),
        ),
    ),
    says=says,
)
