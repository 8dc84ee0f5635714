"""The LSTM's additive path: through c the gradient is kept alive, elsewhere it need not be."""

from __future__ import annotations

from models.experiment import Experiment
from models.presets import Preset
from models.results.birth import at_birth
from models.stories.numbers import finished, half_lives, listed, reach, the
from models.stories.story import Story, Tables


def says(experiment: Experiment, tables: Tables) -> str:
    longest = experiment.lengths[-1]
    rows = tables["diagnostics"]
    told = (
        f"At birth, T = {longest}: through c the gradient {half_lives(rows, longest, 'c')}; "
        f"through h it {half_lives(rows, longest)}."
    )
    gates = at_birth(rows, "mean_f", longest)
    if gates:
        named = listed([f"{gate:.2f} for {the(cell)}" for cell, gate in gates.items()])
        told += f" The forget gate is open, on average, by {named}."
    told += _last_step(tables, longest)
    if finished(tables["accuracy"]):
        told += f" {reach(tables['accuracy'], experiment.cells)}"
    return told


def _last_step(tables: Tables, length: int) -> str:
    """What training makes of the gate."""
    rows = tables["diagnostics"]
    rows = rows[(rows["diagnostic"] == "mean_f") & (rows["length"] == length)]
    last = rows[(rows["step"] == rows["step"].max()) & (rows["step"] > 0)]
    gates = last.groupby("cell", sort=False)["value"].median()
    if gates.empty:
        return ""
    return (
        " After training: "
        + listed([f"{gate:.2f} for {the(str(cell))}" for cell, gate in gates.items()])
        + "."
    )


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
)
