"""What the command line does with the store: list runs, open exported ones, tidy up."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models.exchange.files import Results
from models.exchange.import_files import MOST_BYTES, ImportedError, from_files, from_zip
from models.exchange.import_run import adopt
from models.settings.configuration import MEBIBYTE, Configuration
from models.store import Store
from models.store.housekeeping import tidy
from models.store.lost_runs import close_lost_runs
from models.store.run import Run


def add_store_commands(commands: Any) -> None:
    """Adds them to those of the command line."""
    runs = commands.add_parser("runs", help="the runs of the store, newest first")
    runs.set_defaults(command=_runs)
    opening = commands.add_parser("import", help="open exported results again, as a run")
    opening.set_defaults(command=_import)
    opening.add_argument("path", metavar="DIR|NAME.zip", type=Path)
    tidying = commands.add_parser("tidy", help="delete the oldest runs; pinned ones stay")
    tidying.set_defaults(command=_tidy)
    tidying.add_argument("--keep-runs", type=int, help="how many runs stay; 0 is all")
    tidying.add_argument("--keep-megabytes", type=int, help="up to which size runs stay; 0 is any")
    pinning = commands.add_parser("pin", help="keep a run whatever is tidied up")
    pinning.set_defaults(command=_pin, pinned=True)
    pinning.add_argument("run", metavar="ID")
    loosening = commands.add_parser("unpin", help="let a run be tidied up again")
    loosening.set_defaults(command=_pin, pinned=False)
    loosening.add_argument("run", metavar="ID")


def _runs(_: argparse.Namespace) -> int:
    store = Store()
    close_lost_runs(store)
    for run in store.runs():
        print(_line(run))
    return 0


def _line(run: Run) -> str:
    told = f"{run.status}: {run.message}" if run.message else run.status
    pinned = " pinned" if run.pinned else ""
    steps = f"{run.done_steps}/{run.total_steps}"
    return f"{run.id}  {steps} steps  {run.experiment.task}  {told}{pinned}"


def _import(options: argparse.Namespace) -> int:
    print(f"imported as run {adopt(Store(), _read(options.path))}")
    return 0


def _read(path: Path) -> Results:
    """Exported results in a folder or a ZIP. Raises ImportedError."""
    try:
        if path.is_dir():
            return from_files({file.name: _content(file) for file in path.iterdir()})
        return from_zip(_content(path))
    except OSError as error:
        raise ImportedError(f"{path} cannot be read: {error.strerror or error}") from error


def _content(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise ImportedError(f"{file} is larger than {MOST_BYTES // 10**6} MB")
    return file.read_bytes()


def _tidy(options: argparse.Namespace) -> int:
    configuration = Configuration.from_environment()
    given = options.keep_runs, options.keep_megabytes
    runs, megabytes = (
        (configuration.keep_runs, configuration.keep_megabytes)
        if given == (None, None)
        else (value or 0 for value in given)
    )
    store = Store()
    gone = tidy(store, runs, megabytes)
    kept = sum(store.sizes().values()) / MEBIBYTE
    print(f"{len(gone)} runs deleted; {store.count()} kept, {kept:.1f} MiB")
    return 0


def _pin(options: argparse.Namespace) -> int:
    store = Store()
    store.run(options.run)
    store.pin(options.run, options.pinned)
    return 0
