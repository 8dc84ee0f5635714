"""The command ``claims``: tests the statements of the literature and prints their verdicts."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import Any

from models.analysis.words import of_all
from models.claims import CLAIMS, Case, Claim, Measured, number_of
from models.claims.claim import in_setting
from models.claims.decision import Judgement, judge
from models.claims.record import Record, write
from models.claims.words import interval_in_words, margin_in_words, p_in_words
from models.command_line.run_commands import add_command
from models.exchange import files
from models.exchange.files import Results
from models.experiment import Experiment, ExperimentError
from models.experiment.cost import Speed, duration, estimate
from models.experiment.experiment import SETTINGS
from models.settings.quoting import quoted

TABLES = ("accuracy", "gradients", "diagnostics", "training", "validation")
"""What claims are measured from."""


def add_claims_command(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        _claims,
        "claims",
        "test every claim of the literature, and print the verdicts",
        "Each is an experiment with a rule that was written before it was run. The probability "
        "that any of all claims is wrongly called supported is 5% at most, and so is that any is "
        "wrongly called not supported. No run is kept in the store.",
    )
    parser.add_argument(
        "claims", nargs="*", type=_name, metavar="CLAIM", help="Only these of them."
    )
    parser.add_argument(
        "--thorough", action="store_true", help="Twice the seeds, and twice the optimiser steps."
    )
    parser.add_argument(
        "--first-seed",
        type=SETTINGS["first_seed"].parse,
        default=0,
        metavar="N",
        help="The lowest seed: others than before make the test anew. Default: 0.",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="Where verdicts and the export of each run go."
    )


def _name(text: str) -> str:
    """The name of a claim, as argparse reads it."""
    if text not in CLAIMS:
        raise argparse.ArgumentTypeError(f"{quoted(text)}: the claims are {', '.join(CLAIMS)}")
    return text


def _claims(options: argparse.Namespace) -> int:
    chosen = {name: CLAIMS[name] for name in options.claims or CLAIMS}
    experiments = _experiments(chosen, thorough=options.thorough, first_seed=options.first_seed)
    if options.out:
        _check_writable(options.out, experiments.values())
    seconds = sum(estimate(one, _speed()).seconds for one in experiments)
    print(f"{len(experiments)} experiments: about {duration(seconds)}", file=sys.stderr)
    runs: dict[Experiment, Measured] = {}
    origin = {"command": shlex.join(["python", "-m", "models", *sys.argv[1:]])}
    broken_off = False
    for experiment, name in experiments.items():
        results = _train(experiment, name)
        if results.environment["status"] == "stopped":
            broken_off = True
            break
        tables = {table: results.tables[table] for table in TABLES}
        runs[experiment] = Measured.selected(experiment, tables)
        origin |= {key: text for key, text in results.environment.items() if key != "status"}
        if options.out:
            files.write(results, options.out / name)
    judgements = _judged(chosen, runs, thorough=options.thorough, first_seed=options.first_seed)
    origin["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    if options.out:
        write(Record(judgements, origin), options.out)
    print("\n\n".join(_paragraph(one) for one in judgements if one.claim.name in chosen))
    if options.out:
        print(f"\nwritten to {options.out}")
    return 130 if broken_off else 0


def _experiments(
    claims: Mapping[str, Claim], *, thorough: bool, first_seed: int
) -> dict[Experiment, str]:
    """The experiments of these claims, each once, with a name: that of the first claim it is of."""
    names: dict[Experiment, str] = {}
    for claim in claims.values():
        for place, experiment in enumerate(claim.experiments, start=1):
            several = f"_{place}" if len(claim.experiments) > 1 else ""
            moved = in_setting(experiment, thorough=thorough, first_seed=first_seed)
            names.setdefault(moved, f"{claim.name}{several}")
    return names


def _judged(
    claims: Mapping[str, Claim],
    runs: Mapping[Experiment, Measured],
    *,
    thorough: bool,
    first_seed: int,
) -> list[Judgement]:
    """The judgement of all claims; one whose runs are not all there has no cases."""
    cases = {}
    for claim in claims.values():
        wanted = [
            in_setting(one, thorough=thorough, first_seed=first_seed) for one in claim.experiments
        ]
        if all(one in runs for one in wanted):
            cases[claim.name] = claim.measured_cases([runs[one] for one in wanted])
    return judge(cases, CLAIMS)


def _check_writable(out: Path, names: Iterable[str]) -> None:
    """Raises ExperimentError before minutes of training, not after them."""
    try:
        for name in names:
            files.check_writable(out / name)
    except OSError as error:
        raise ExperimentError(f"--out {out}: {error.strerror or error}") from error


def _speed() -> Speed:
    from models.service.questions.speed import speed  # torch is imported here

    return Speed.from_answer(speed())


def _train(experiment: Experiment, name: str) -> Results:
    from models.service.in_memory import train_in_memory

    print(name, file=sys.stderr)
    return train_in_memory(experiment, progress=True)


def _paragraph(judgement: Judgement) -> str:
    """A claim with its verdict and the statistics of its cases, as text for a terminal."""
    claim = judgement.claim
    head = fill(f"{number_of(claim):2} {claim.statement}", 100, subsequent_indent="   ")
    p = f"supported {p_in_words(judgement.p_for)}, not supported {p_in_words(judgement.p_against)}"
    lines = [head, f"   {judgement.verdict.upper()} ({p}; Holm)"]
    if not judgement.cases:
        lines.append("   not measured")
    for effect in dict.fromkeys(case.effect.title for case in judgement.cases):
        lines.append(f"   {effect}")
        lines += [_line(case) for case in judgement.cases if case.effect.title == effect]
    return "\n".join(lines)


def _line(case: Case) -> str:
    seeds = of_all(case.holds, len(case.values), "seed")
    return (
        f"     {case.title}: {interval_in_words(case)}, {margin_in_words(case.effect)} in {seeds}"
    )
