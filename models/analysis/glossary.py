"""The field's terms as they stand on pages: one source of tooltips, the About page and docs/."""

from __future__ import annotations

from models.analysis.words import capitalise
from models.settings.spec import Option

GLOSSARY: dict[str, str] = {
    "memory span": "The sequence length at which half of a cell's models still remember: their "
    "held-out accuracy is above the middle between chance and 1. “Between 50 and 100” says that "
    "all remember over 50 steps and none over 100; in between nothing was measured. “<” and “>” "
    "say that it lies below the shortest or above the longest length tested. The range in brackets "
    "is its interval.",
    "interval": "The range that plausibly holds the true value, given how few seeds were "
    "trained. Of 100 such experiments, about 95 have a 95% interval that holds it.",
    "whisker": "The vertical bar through a mean: its 95% interval over the seeds. On lines with "
    "many points it is drawn as a shaded band.",
    "solved": "A model has solved a length when nearly all of its held-out answers are right; "
    "the task's criterion says how many. A model that has solved a length also remembers it.",
    "chance line": "The accuracy, or loss, of the best predictor that ignores the input. A model "
    "on this line has learned nothing that needs memory.",
    "drop line": "The vertical line down to the length axis at the cell's memory span; the "
    "horizontal line at its top is the span's interval.",
    "seed": "The number that fixes all randomness of a model: its initial weights and the "
    "sequences it is trained on. Models that differ only in their seed show how much is luck.",
    "held-out": "Sequences that are never used in training. Accuracy on them shows what was "
    "learned, not what was memorised.",
    "diverged": "The loss or the gradient of the model became infinite or not a number, so its "
    "training stopped.",
    "at initialisation": "Before the first training step, with the initial weights.",
    "gradient profile": "How strongly the loss depends on the state at each time step t: "
    "‖∂L/∂hₜ‖. Where it has vanished, nothing can be learned from those steps.",
    "gradient norm": "The norm of the gradient over all parameters of a model, before clipping.",
    "half-life": "The number of steps back in time over which the gradient halves. If it is "
    "negative, the gradient doubles over that many steps: it explodes.",
    "horizon": "How many steps back an input still matters. By gradient: as far as at least 1% "
    "of the gradient is left. By behaviour: as far as changing the input still changes at least "
    "5% of the answers.",
    "backpropagation through time": "The chain rule along a sequence: from the loss back, each "
    "step multiplies the gradient by how much its state depends on the state before, ∂hₜ/∂hₜ₋₁.",
    "additive path": "The way of the gradient along c of the LSTM, on which each step multiplies "
    "it by the forget gate alone. All other ways lead through h, with weights and slopes.",
    "vanishing gradient": "A gradient that shrinks with every step back through time, until "
    "early steps have no influence on what is learned.",
    "exploding gradient": "A gradient that grows with every step back through time, until a "
    "single training step can ruin the weights. Clipping limits it.",
    "clipping": "Limiting the gradient before each training step. By norm: the whole gradient is "
    "scaled down to the threshold. By value: each of its components is cut off at the threshold.",
    "truncation": "Stopping the gradient after a given number of steps back. Training gets "
    "cheaper, but the gradient teaches nothing about earlier steps.",
    "spectral radius": "The largest absolute value of the eigenvalues of the recurrent weights. "
    "Below 1, the gradient of a simple RNN usually vanishes; above 1, it can explode.",
    "Lyapunov exponent": "The average rate at which a small change of the state grows per step. "
    "Below 0 the change dies out, and the memory with it; above 0 the network is chaotic.",
    "Jacobian": "The matrix of derivatives of the next state with respect to the present one. A "
    "product of many Jacobians carries the gradient back through time.",
    "saturation": "An activation or gate that stays near one end of its range, where its slope "
    "is close to 0 and little gradient passes through.",
    "gate": "A number between 0 and 1 for each unit and step that says how much passes through. "
    "The forget gate of the LSTM and the update gate of the GRU say how much of the old memory "
    "is kept.",
    "keep gate": "The gate that keeps the old memory: the forget gate f of the LSTM, the update "
    "gate z of the GRU.",
    "lag": "The number of steps from the first informative input to the answer.",
    "time constant": "How long a unit keeps its memory if its gate stays at its mean f: 1/(1 − "
    "f) steps.",
    "selectivity": "How differently a gate behaves at informative steps and at all other steps: "
    "the difference between its two means.",
    "linear probe": "A linear readout fitted to the states of a trained model. What it can read "
    "is contained in the state, whether or not the model uses it.",
    "gate surgery": "Changing a trained model while it runs, to see what it can no longer do: "
    "holding a gate at a value, or erasing, disturbing or swapping a memory.",
    "chrono": "Initial gate biases that spread the time constants of the units from 1 step to "
    "the length of the sequence, so that some units remember far back from the start (Tallec & "
    "Ollivier 2018).",
    "orthogonal": "Recurrent weights that start as an orthogonal matrix, which rotates the state "
    "without shrinking or stretching it.",
    "identity": "Recurrent weights that start as the identity matrix: at first, each unit keeps "
    "its value (Le, Jaitly & Hinton 2015).",
    "gain": "A factor on the initial recurrent weights. Below 1, states fade from step to step; "
    "above 1, they can grow.",
    "layer": "Layer normalisation: at each time step, the values of all units of one sequence "
    "are scaled to the same mean and spread (Ba, Kiros & Hinton 2016).",
    "batch": "Batch normalisation: at each time step, the values of one unit are scaled to the "
    "same mean and spread over the sequences of the batch (Cooijmans et al. 2016).",
    "informative step": "A step whose input the answer depends on. The inputs of all other steps "
    "are distractors.",
    "distractor": "An input that carries no information about the answer. It must not overwrite "
    "the memory.",
}
"""What each term means, in plain sentences."""


def option_help(option: Option) -> str:
    """Markdown that says what an option does, and what those of its values mean that are terms."""
    terms = [one for one in (option.name, *option.values) if one in GLOSSARY]
    said = [f"**{capitalise(option.in_words(one))}**: {GLOSSARY[one]}" for one in terms]
    return "  \n".join([f"{option.help[:1].upper()}{option.help[1:]}.", *said])
