"""Outcomes as files, and the recorded ones that come with the project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from models.analysis.words import count
from models.exchange.csv_writing import csv_bytes
from models.published.outcomes import cut_after
from models.published.published import PublishedResult

RECORDED = Path(__file__).parent / "recorded"
"""The folder of the recorded outcomes."""


@dataclass(frozen=True)
class Outcome:
    """What came of a published result here, and where it comes from."""

    rows: pd.DataFrame
    """See ``models.published.outcomes``."""
    origin: Mapping[str, str]
    """The command that made it, when it was run, and the versions and the machine."""


def compared(result: PublishedResult, outcome: Outcome) -> list[dict[str, str]]:
    """One row a comparison: what, published, source (how well the published is known) and ours."""
    return [
        {
            "what": one.what,
            "published": one.published or "no number known here",
            "source": one.source,
            "ours": one.measure(outcome.rows),
        }
        for one in result.comparisons
    ]


def cut_in_words(outcome: Outcome) -> str:
    """A sentence that says where training was cut; empty where it was not."""
    cut = cut_after(outcome.rows)
    return f"Cut after {cut[0]:,} of {count(cut[1], 'optimiser step')}." if cut else ""


def origin_in_words(outcome: Outcome) -> str:
    """Where an outcome comes from, in Markdown."""
    made = outcome.origin
    return (
        f"Recorded on {made['created'][:10]} with `{made['command']}`, in {made['seconds']} "
        f"seconds: Memory Lab {made['memory_lab']}, PyTorch {made['torch']}, Python "
        f"{made['python']}."
    )


def write(name: str, outcome: Outcome, folder: Path) -> None:
    """Writes the outcome of a result as a CSV and its origin as JSON. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.csv").write_bytes(csv_bytes(outcome.rows))
    (folder / f"{name}.json").write_text(json.dumps(dict(outcome.origin), indent=2) + "\n")


def read(name: str, folder: Path) -> Outcome:
    """Reads what ``write`` wrote."""
    return Outcome(
        pd.read_csv(folder / f"{name}.csv"), json.loads((folder / f"{name}.json").read_text())
    )


@cache
def recorded(name: str) -> Outcome | None:
    """The outcome that comes with the project; None of a result that was not recorded."""
    return read(name, RECORDED) if (RECORDED / f"{name}.csv").exists() else None
