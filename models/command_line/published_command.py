"""The command ``published``: repeats experiments of papers, their numbers beside ours."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import Any

from models.analysis.references import cited
from models.analysis.words import join_words
from models.command_line.run_commands import add_command, reader
from models.experiment import ExperimentError
from models.kernels.version import kernels_on
from models.published import PUBLISHED, PublishedResult
from models.published.outcomes import joined
from models.published.record import Outcome, compared, cut_in_words, write
from models.settings import strict
from models.settings.quoting import quoted
from models.store.environment import environment

WIDTH = 100


def add_published_command(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        _published,
        "published",
        "repeat experiments of papers, and print the published numbers beside ours",
        "Each is trained in its own setting: optimiser, batch, criterion. No run is kept in the "
        "store.",
    )
    parser.add_argument(
        "results", nargs="*", type=_name, metavar="NAME", help="Only these of them."
    )
    parser.add_argument(
        "--minutes",
        type=reader(_minutes),
        default=math.inf,
        metavar="N",
        help="Train each for so many minutes at most; one that is cut says so. Default: no limit.",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="Where the outcomes go.")


def _name(text: str) -> str:
    """The name of a published result, as argparse reads it."""
    if text not in PUBLISHED:
        known = ", ".join(PUBLISHED)
        raise argparse.ArgumentTypeError(f"{quoted(text)}: the published results are {known}")
    return text


def _minutes(text: str) -> float:
    minutes = strict.number(text)
    if not minutes > 0:
        raise ValueError("expected a number above 0")
    return minutes


def _published(options: argparse.Namespace) -> int:
    if options.out:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExperimentError(f"--out {options.out}: {error.strerror or error}") from error
    for name in options.results or PUBLISHED:
        result = PUBLISHED[name]
        outcome = _outcome(result, 60 * options.minutes)
        if options.out:
            write(name, outcome, options.out)
        print(_paragraph(result, outcome) + "\n", flush=True)
    if options.out:
        print(f"written to {options.out}")
    return 0


def _outcome(result: PublishedResult, seconds: float) -> Outcome:
    """The outcome of a result of which each experiment has its share of so many seconds."""
    from models.published.repeat import repeat
    from models.service.progress import progress_bar

    print(result.name, file=sys.stderr)
    parts, begin = [], time.monotonic()
    for experiment in result.experiments:
        with progress_bar(experiment) as follow:
            parts.append(repeat(experiment, seconds / len(result.experiments), follow))
    return Outcome(
        joined(parts),
        {
            "command": shlex.join(["python", "-m", "models", *sys.argv[1:]]),
            **environment(kernels_on("cpu")),
            "seconds": f"{time.monotonic() - begin:.0f}",
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )


def _paragraph(result: PublishedResult, outcome: Outcome) -> str:
    """A published result with its comparisons, as text for a terminal."""
    papers = join_words([cited(key) for key in result.references])
    lines = [f"{result.title}{f' ({papers})' if papers else ''}", _filled(result.found)]
    for row in compared(result, outcome):
        source = f", {row['source']}" if row["source"] else ""
        lines += [
            f"   {row['what']}",
            f"     paper: {row['published']}{source}",
            f"     here:  {row['ours']}",
        ]
    lines += [_filled(text) for text in (cut_in_words(outcome), result.differs) if text]
    return "\n".join(lines)


def _filled(text: str) -> str:
    return fill(text, WIDTH, initial_indent="   ", subsequent_indent="   ")
