"""The part of ``train`` that extends a finished run: --extend, --narrow and --minutes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from models.analysis.extension import added, left_to_train
from models.analysis.narrowing import Goal
from models.command_line.run_commands import reader
from models.experiment import ExperimentError
from models.experiment.extension import extended
from models.settings import strict
from models.store import Store
from models.store.extension import extend, not_extendable
from models.store.lost_runs import close_lost_runs
from models.store.process import identity
from models.store.run import Run

MINUTES = 10
"""The time for --narrow where none is given."""


def add_extending(train: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    number = reader(strict.number)
    train.add_argument(
        "--extend",
        metavar="ID",
        help="Start from this finished run of the store: with --seeds or --steps, so many in all, "
        "and --lengths or --cells, further ones. What it has trained is not trained again.",
    )
    train.add_argument(
        "--narrow",
        metavar="FACTOR",
        type=number,
        help="Then add lengths and seeds, round by round, until the upper end of the 95%% interval "
        "of each memory span is at most so many times the lower one, or --minutes are over.",
    )
    train.add_argument(
        "--minutes",
        metavar="M",
        type=number,
        help=f"The time for --narrow. Default: {MINUTES}.",
    )


def goal(options: argparse.Namespace) -> Goal | None:
    """How far memory spans are to be narrowed down. Raises ExperimentError."""
    if options.narrow is not None:
        return Goal(options.narrow, 60 * (MINUTES if options.minutes is None else options.minutes))
    if options.minutes is not None:
        raise ExperimentError("--minutes is the time for --narrow: give a factor with it")
    return None


def extension(store: Store, run_id: str, more: Mapping[str, Any], narrows: Goal | None) -> str:
    """Makes a run that extends another, and says what it adds; returns its id.

    Raises ExperimentError, UnknownRunError.
    """
    close_lost_runs(store)
    run = store.run(store.whole_id(run_id))
    if narrows and not more:
        _check_narrows(store, run, narrows)
        return extend(store, run.id, run.experiment, process=identity(), narrows=narrows)
    wanted = extended(run.experiment, more)
    new = extend(store, run.id, wanted, process=identity(), narrows=narrows)
    left = left_to_train(wanted, (*run.earlier, run.experiment))
    print(f"run {run.short_id} and {added(wanted, run.experiment)}: {left}", file=sys.stderr)
    return new


def _check_narrows(store: Store, run: Run, narrows: Goal) -> None:
    """Raises ExperimentError where nothing would be added."""
    from models.service.narrowing import round_after  # torch is imported here

    reason = not_extendable(run) or round_after(store, run, narrows).reason
    if reason:
        raise ExperimentError(f"nothing is added to run {run.short_id}: {reason}")
