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
    "interval": "Where the true value plausibly lies, given how few seeds were trained: a 95% "
    "interval holds it in 95 of 100 such experiments.",
    "whisker": "The upright line through a mean: its 95% interval over the seeds. Along a line of "
    "many points the same is a shaded band.",
    "solved": "A model has solved a length when nearly all its held-out answers are right, as the "
    "task's criterion says. It then also remembers that length.",
    "chance line": "What the best predictor reaches that ignores the input. A model on this line "
    "has learned nothing that needs a memory.",
    "drop line": "The vertical line down to the length axis at the cell's memory span; the "
    "horizontal line at its top is the span's interval.",
    "seed": "The number that fixes all randomness of a model: its weights at the start, and the "
    "sequences that it is trained on. Models that differ only in their seed show how much is luck.",
    "held-out": "Sequences that training never uses. Accuracy on them shows what was learned, not "
    "what was memorised.",
    "diverged": "The loss or the gradient of the model was no longer a finite number, so its "
    "training ended there.",
    "at initialisation": "Before the first training step: what the network starts with.",
    "gradient profile": "How strongly the loss still pulls on the state at each time step t, "
    "‖∂L/∂hₜ‖. Where the line has vanished on its way back, nothing can be learned from the early "
    "steps.",
    "gradient norm": "The length of the gradient over all parameters of a model, before clipping.",
    "half-life": "The number of steps back over which the gradient halves. A negative one says "
    "over how many steps it doubles: the gradient then explodes.",
    "horizon": "How many steps back something still counts. By gradient: while at least 1% of the "
    "gradient is left. By behaviour: while changing the input still changes at least 5% of the "
    "answers.",
    "backpropagation through time": "The chain rule along a sequence: from the loss back, each "
    "step multiplies the gradient by how much its state depends on the state before, ∂hₜ/∂hₜ₋₁.",
    "additive path": "The way of the gradient along c of the LSTM, on which each step multiplies "
    "it by the forget gate alone. All other ways lead through h, with weights and slopes.",
    "vanishing gradient": "A gradient that shrinks at every step back through time, until early "
    "steps no longer change what is learned.",
    "exploding gradient": "A gradient that grows at every step back through time, until one "
    "training step throws the weights far off. Clipping limits it.",
    "clipping": "Limiting the gradient before each training step: by norm, the whole gradient is "
    "scaled down to the threshold; by value, each of its elements is cut at the threshold.",
    "truncation": "Letting the gradient go back only so many steps. Training gets cheaper, and "
    "what lies further back cannot be learned.",
    "spectral radius": "The size of the largest eigenvalue of the recurrent weights. Where it is "
    "below 1, the gradient of a simple RNN as a rule vanishes; above 1 it can explode.",
    "Lyapunov exponent": "The rate at which a small change of the state grows from step to step. "
    "Below 0 it dies out, and with it the memory; above 0 the network is chaotic.",
    "Jacobian": "The matrix that says how the next state moves when the present state is moved. A "
    "product of many of them carries the gradient back through time.",
    "saturation": "An activation or gate that stays near an end of its range, where its slope is "
    "close to 0 and little gradient passes.",
    "gate": "A number between 0 and 1 for each unit and step that says how much passes. The forget "
    "gate of the LSTM and the update gate of the GRU say how much of the old memory is kept.",
    "keep gate": "The gate that keeps the old memory: the forget gate f of the LSTM, the update "
    "gate z of the GRU.",
    "lag": "The number of steps from the first informative input to the answer.",
    "time constant": "How long a unit keeps its memory when its gate stays at its mean f: "
    "1/(1 − f) steps.",
    "selectivity": "How differently a gate behaves at informative steps and at all others: the "
    "difference of its two means.",
    "linear probe": "A linear readout fitted to the states of a trained model. What it can read is "
    "in the state, whether the model uses it or not.",
    "gate surgery": "Holding a gate, or erasing, disturbing or swapping a memory in a trained "
    "model, to see what it can no longer do.",
    "chrono": "A start at which the gates' time constants are spread from 1 step to the length of "
    "the sequence, so that some units remember far back from the beginning (Tallec & Ollivier "
    "2018).",
    "orthogonal": "Recurrent weights that rotate the state without shrinking or stretching it.",
    "identity": "Recurrent weights that start as the identity matrix: each unit begins by keeping "
    "its value (Le, Jaitly & Hinton 2015).",
    "gain": "A factor on the recurrent weights at the start. Below 1 states fade from step to "
    "step, above 1 they grow.",
    "layer": "Layer normalisation: at each step the units of one sequence are scaled to the same "
    "mean and spread (Ba, Kiros & Hinton 2016).",
    "batch": "Batch normalisation: each unit is scaled to the same mean and spread over the "
    "sequences of the batch, separately for every time step (Cooijmans et al. 2016).",
    "informative step": "A step whose input the answer depends on. All others are distraction.",
    "distractor": "An input that says nothing about the answer, but must not overwrite the memory.",
}
"""What each term means, in plain sentences."""


def option_help(option: Option) -> str:
    """Markdown that says what an option does, and what those of its values mean that are terms."""
    terms = [one for one in (option.name, *option.values) if one in GLOSSARY]
    said = [f"**{capitalise(option.in_words(one))}**: {GLOSSARY[one]}" for one in terms]
    return "  \n".join([f"{option.help[:1].upper()}{option.help[1:]}.", *said])
