"""The commands that find runs in the store, label, pin and delete them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from models.analysis.words import count
from models.cells import CELLS
from models.settings.quoting import quoted
from models.store import Status, Store
from models.store.deleting import UNDO_HOURS
from models.store.lost_runs import close_lost_runs
from models.store.run import Run
from models.store.run_search import RunFilter
from models.tasks import TASKS

ID_HELP = "its id, as runs lists it, or any beginning that no other has"


def add_command(
    commands: Any,
    run: Callable[[argparse.Namespace], int],
    name: str,
    summary: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """Adds a command that ``run`` carries out; its own help has the summary and ``more``."""
    description = f"{summary[0].upper()}{summary[1:]}. {more}"
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description
    )
    parser.set_defaults(command=run)
    return parser


def reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Reads an argument for argparse, whose own errors do not say what was expected."""

    def read_argument(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{quoted(text)}: {error}") from error

    return read_argument


def add_run_commands(commands: Any) -> None:
    """Adds the commands about runs of the store."""
    listing = add_command(
        commands,
        _runs,
        "runs",
        "list the runs of the store, or those that are found",
        "Pinned ones come first, then the newest. What is asked for together must hold together.",
    )
    listing.add_argument(
        "text",
        nargs="*",
        metavar="WORD",
        help="words that all stand in a run's id, name, notes, tags, task or cells",
    )
    listing.add_argument("--task", nargs="+", choices=tuple(TASKS), metavar="TASK", default=())
    listing.add_argument("--cell", nargs="+", choices=tuple(CELLS), metavar="CELL", default=())
    listing.add_argument("--status", nargs="+", choices=get_args(Status), default=())
    listing.add_argument("--tag", nargs="*", default=(), help="runs with all of these tags")
    listing.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="made that day or later")
    listing.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="made that day or before")
    listing.add_argument(
        "--deleted", action="store_true", help="list the runs whose deletion can still be undone"
    )
    labelling = _on_runs(commands, _label, "label", "give a run a name, notes or tags", one=True)
    labelling.add_argument("--name", help="its name; an empty text takes the name away")
    labelling.add_argument("--notes", help="its notes, any text")
    labelling.add_argument("--tags", nargs="*", metavar="TAG", help="all of its tags")
    for name, summary, pinned in (
        ("pin", "keep a run whatever is tidied up", True),
        ("unpin", "let a run be tidied up again", False),
    ):
        _on_runs(commands, _pin, name, summary, one=True).set_defaults(pinned=pinned)
    _on_runs(
        commands,
        _delete,
        "delete",
        f"delete runs; restore undoes it for {UNDO_HOURS} hours",
        more="Runs that wait or train stay.",
    )
    _on_runs(commands, _restore, "restore", "undo the deletion of runs")


def _on_runs(
    commands: Any,
    run: Callable[[argparse.Namespace], int],
    name: str,
    summary: str,
    *,
    one: bool = False,
    more: str = "",
) -> argparse.ArgumentParser:
    """Adds a command about one run, or several, that are named by their ids."""
    parser = add_command(commands, run, name, summary, more)
    parser.add_argument("run", nargs=None if one else "+", metavar="ID", help=ID_HELP)
    return parser


def _whole_ids(options: argparse.Namespace) -> tuple[Store, list[str]]:
    """The store, and the ids of the runs that are named. Raises UnknownRunError."""
    store = Store()
    named = [options.run] if isinstance(options.run, str) else options.run
    return store, [store.whole_id(one) for one in named]


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{quoted(text)}: expected a day such as 2026-01-31"
        ) from error


def _runs(options: argparse.Namespace) -> int:
    store = Store()
    close_lost_runs(store)
    wanted = RunFilter(
        " ".join(options.text),
        options.task,
        options.cell,
        options.status,
        options.since,
        options.until and options.until + timedelta(days=1),
        options.tag,
    )
    for run in store.deleted() if options.deleted else store.find(wanted):
        print(line_of(run))
    return 0


def line_of(run: Run) -> str:
    """A run in one line: its short id, how far it came, its task, name, tags and memory spans."""
    status = f"{run.status}: {run.message}" if run.message else run.status
    parts = [
        run.short_id,
        f"{run.done_steps}/{run.total_steps} steps",
        run.experiment.task,
        status + (" pinned" if run.pinned else ""),
        _printable(run.labels.name),
        " ".join(f"#{_printable(tag)}" for tag in run.labels.tags),
        ", ".join(f"{one.cell} {one.span_in_words()}" for one in run.summary or ()),
    ]
    return "  ".join(filter(None, parts))


def _printable(text: str) -> str:
    """The text without what a terminal would take for a command."""
    return "".join(one if one.isprintable() else " " for one in text)


def _label(options: argparse.Namespace) -> int:
    store, (run,) = _whole_ids(options)
    given = {name: getattr(options, name) for name in ("name", "notes", "tags")}
    changes = {name: value for name, value in given.items() if value is not None}
    store.label(run, replace(store.run(run).labels, **changes))
    return 0


def _pin(options: argparse.Namespace) -> int:
    store, (run,) = _whole_ids(options)
    store.pin(run, options.pinned)
    return 0


def _delete(options: argparse.Namespace) -> int:
    store, runs = _whole_ids(options)
    for run in runs:
        store.run(run)  # or it is deleted already
    gone = store.mark_deleted(runs)
    print(f"{count(gone, 'run')} deleted; restore undoes it for {UNDO_HOURS} hours")
    return 0


def _restore(options: argparse.Namespace) -> int:
    store, runs = _whole_ids(options)
    print(f"{count(store.restore(runs), 'run')} restored")
    return 0
