"""The text that ``python -m models train`` ends with: a run's results for a terminal."""

from __future__ import annotations

import pandas as pd

from models.analysis.findings import findings
from models.analysis.memory_span import span_in_words
from models.analysis.paired import differences_in_words, readable_differences
from models.analysis.statistics import select_learning_rate, summarise_generalisation
from models.exchange.files import Results
from models.tasks import make_task


def report(results: Results) -> str:
    """Says each cell's held-out accuracy and memory span, and what the numbers show."""
    accuracy = results.accuracy
    if accuracy.empty:
        return f"run {results.run}: nothing was measured"
    spans = results.memory_spans().set_index("cell")
    parts = [
        f"run {results.run}: held-out accuracy",
        _table(results.summary()),
        make_task(results.experiment.task).criterion,
        "memory span, in steps",
        _spans(spans),
        findings(results.experiment, accuracy, results.tables["gradients"]),
        *_paired(results.paired_differences()),
    ]
    if results.experiment.test_lengths:
        generalisation = results.tables["generalisation"]
        selected = select_learning_rate(generalisation, results.tables["validation"])
        parts += ["held-out accuracy at other lengths", _generalisation(selected)]
    return "\n\n".join(parts)


def _table(summary: pd.DataFrame) -> str:
    shown = pd.DataFrame(
        {
            "cell": summary["cell"],
            "length": summary["length"],
            "learning rate": summary["learning_rate"].map("{:g}".format),
            "accuracy": summary["mean"].map("{:.3f}".format),
            "95 % interval": _intervals(summary),
            "chance": summary["chance_accuracy"].map("{:.3f}".format),
            "loss": summary["mean_loss"].map("{:.4f}".format),
            "solved": [
                f"{k} of {n}" for k, n in zip(summary["solved"], summary["seeds"], strict=True)
            ],
            "steps to solve": summary["steps_to_solve"].map("{:.0f}".format).replace("nan", ""),
            "diverged": summary["diverged"],
        }
    )
    return shown.to_string(index=False)


def _generalisation(generalisation: pd.DataFrame) -> str:
    """Says how accurate trained models are at each length that they were tested at."""
    if generalisation.empty:
        return "not measured: it is at the end of training"
    summary = summarise_generalisation(generalisation)
    shown = pd.DataFrame(
        {
            "cell": summary["cell"],
            "trained at": summary["length"],
            "tested at": summary["test_length"],
            "accuracy": summary["mean"].map("{:.3f}".format),
            "95 % interval": _intervals(summary),
            "chance": summary["chance_accuracy"].map("{:.3f}".format),
            "seeds": summary["seeds"],
        }
    )
    return shown.to_string(index=False)


def _paired(differences: pd.DataFrame) -> list[str]:
    """Says how cells differ over shared seeds, where there are enough of these to say anything."""
    shown = readable_differences(differences)
    return [] if shown.empty else [differences_in_words(differences), shown.to_string(index=False)]


def _intervals(summary: pd.DataFrame) -> list[str]:
    return [
        "" if pd.isna(low) else f"{low:.3f}–{high:.3f}"
        for low, high in zip(summary["low"], summary["high"], strict=True)
    ]


def _spans(spans: pd.DataFrame) -> str:
    width = max(len(str(cell)) for cell in spans.index)
    return "\n".join(
        f"{cell:{width}}  {span_in_words(row)}" for cell, row in spans.to_dict("index").items()
    )
