"""The commands that look after the store: they open exported runs and tidy up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from models.analysis.words import count
from models.command_line.run_commands import add_command, line_of
from models.exchange.files import NAMES
from models.exchange.import_files import ImportedError
from models.exchange.import_run import import_runs
from models.settings.configuration import MEBIBYTE, Configuration, read_setting
from models.settings.quoting import shortened
from models.store import Store
from models.store.housekeeping import superfluous, tidy


class UnconfirmedError(Exception):
    """Something would be deleted, and there is no terminal to ask at."""


def add_store_commands(commands: Any) -> None:
    """Adds the commands that look after the store."""
    opening = add_command(
        commands,
        _import,
        "import",
        "open exported results as runs of the store",
        "They are checked, and nothing in them is run.",
    )
    opening.add_argument(
        "path", metavar="DIR|NAME.zip", type=Path, help="what train --out or the Runs page wrote"
    )
    tidying = add_command(
        commands,
        _tidy,
        "tidy",
        "delete the oldest runs; pinned ones stay",
        "Lists those beyond a limit, asks, and deletes them. Where there is no terminal, as in a "
        "script, it deletes nothing without --yes, and ends with status 2. The limits of the "
        "configuration hold where none is given.",
    )
    tidying.add_argument("--keep-runs", metavar="N", help="how many runs stay; 0 is all")
    tidying.add_argument(
        "--keep-megabytes", metavar="MIB", help="up to which size in MiB runs stay; 0 is any"
    )
    tidying.add_argument("--yes", action="store_true", help="delete without asking")


def _import(options: argparse.Namespace) -> int:
    store = Store()
    for run_id in import_runs(store, _files(options.path)):
        run = store.run(run_id)
        more = f", {run.status}: {run.message}" if run.message else ""
        print(f"imported as run {run.id}{more}")
    return 0


def _files(path: Path) -> list[Path]:
    """A ZIP, or the files of results in a folder; others, which may be anybody's, it names.

    Raises ImportedError.
    """
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        names = sorted(file.name for file in path.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise ImportedError(f"{path} cannot be read: {error.strerror or error}") from error
    if others := [name for name in names if name not in NAMES]:
        print(f"passed over in {path}: {', '.join(map(shortened, others))}", file=sys.stderr)
    return [path / name for name in names if name in NAMES]


def _tidy(options: argparse.Namespace) -> int:
    limits = _limits(options)
    store = Store()
    found = superfluous(store, *limits)
    for run in found:
        print(line_of(run))
    gone = []
    if found and (options.yes or _agreed(len(found))):
        # One that was pinned or resumed since stays.
        gone = tidy(store, *limits, only={run.id for run in found})
    kept = sum(store.sizes().values()) / MEBIBYTE
    print(f"{count(len(gone), 'run')} deleted; {store.count()} kept, {kept:.1f} MiB")
    return 0


def _limits(options: argparse.Namespace) -> tuple[int, int]:
    """Returns how many runs and MiB are kept: as given, or else as configured."""
    configuration = Configuration.from_environment()
    given = {
        name: read_setting(name, text, "--" + name.replace("_", "-"))
        for name in ("keep_runs", "keep_megabytes")
        if (text := getattr(options, name)) is not None
    }
    if not given:
        return configuration.keep_runs, configuration.keep_megabytes
    return given.get("keep_runs", 0), given.get("keep_megabytes", 0)


def _agreed(runs: int) -> bool:
    """Asks at the terminal. Raises UnconfirmedError where there is none."""
    if not sys.stdin.isatty():
        raise UnconfirmedError(f"{count(runs, 'run')} would be deleted: say --yes to do it")
    try:
        answer = input(f"Delete {count(runs, 'run')} for good? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")
