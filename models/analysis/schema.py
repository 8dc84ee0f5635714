"""The tables of results: one row a measurement, the same columns in the store, frames and CSVs.

``cell`` is the cell spec; ``length``, ``seed`` and ``learning_rate`` identify the model.
"""

from __future__ import annotations

MODEL_COLUMNS = ("run", "task", "cell", "length", "seed", "learning_rate")
"""The columns that say which model a row is about."""

TEXTS = ("run", "task", "cell", "state", "diagnostic")
FLAGS = ("solved", "diverged", "clipped")
NUMBERS = ("length", "test_length", "seed", "step", "t", "sequences")
"""The columns of texts, of flags and of whole numbers; all others hold floats."""

TABLES: dict[str, tuple[str, ...]] = {
    # On held-out sequences, which training never sees.
    "accuracy": (
        *MODEL_COLUMNS,
        "step",
        "accuracy",
        "loss",
        "chance_accuracy",
        "chance_loss",
        "sequences",
        "solved",
        "diverged",
    ),
    # On the batch of each optimiser step; gradient_norm is before clipping.
    "training": (*MODEL_COLUMNS, "step", "loss", "accuracy", "gradient_norm", "clipped"),
    # The gradient profile: root mean square over a batch of ‖∂L/∂state_t‖, t from 1 to T.
    "gradients": (*MODEL_COLUMNS, "step", "t", "state", "gradient_norm"),
    # What else was measured of a model; ``models.analysis.diagnostic_names`` says what each is.
    "diagnostics": (*MODEL_COLUMNS, "step", "diagnostic", "value"),
    # Of trained models: the share of held-out sequences whose answer changes with the input at t.
    "influence": (*MODEL_COLUMNS, "step", "t", "influence"),
    # At initialisation and of trained models, on one held-out sequence: ‖∂(answer's logit)/∂x_t‖.
    "connectivity": (*MODEL_COLUMNS, "step", "t", "connectivity"),
    # On validation sequences, which choose the learning rate; only where there are several.
    "validation": (*MODEL_COLUMNS, "step", "accuracy", "loss", "sequences"),
    # The trained models on held-out sequences of other lengths; only where asked for.
    "generalisation": (
        *MODEL_COLUMNS,
        "step",
        "test_length",
        "accuracy",
        "loss",
        "chance_accuracy",
        "chance_loss",
        "sequences",
    ),
}
