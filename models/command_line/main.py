"""The command line: train an experiment or resume it, list what there is, look after the store.

Exit status: 0 on success, 2 on bad input with one line on standard error, 1 where training itself
failed, 130 on Ctrl-C with everything measured so far written.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn

from models.command_line.catalogue import catalogue
from models.command_line.claims_command import add_claims_command
from models.command_line.extending import add_extending, extension, goal
from models.command_line.publish_commands import (
    PublishError,
    add_publish_commands,
    add_table_format,
)
from models.command_line.published_command import add_published_command
from models.command_line.report import report
from models.command_line.run_commands import add_command, add_run_commands, reader
from models.command_line.store_commands import UnconfirmedError, add_store_commands
from models.exchange import files
from models.exchange.files import Results
from models.exchange.import_files import ImportedError
from models.exchange.standalone_script import ScriptError, standalone_script
from models.exchange.table_files import TableFormat
from models.exchange.torch_modules import NoModuleError
from models.experiment import Experiment, ExperimentError
from models.experiment.cost import Speed, estimate, in_words
from models.experiment.experiment import SETTINGS
from models.experiment.presets import PRESETS, RECORDED_MODELS
from models.publishing.figure_names import FigureError
from models.service.logs import start_logging
from models.service.running import PATIENCE_SECONDS
from models.settings.configuration import Configuration, ConfigurationError
from models.settings.setting import Setting
from models.store import NotOursError, Store, StoreError, UnknownRunError
from models.store.labels import LabelError
from models.store.lost_runs import close_lost_runs
from models.store.process import identity
from models.stories import story_presets
from models.training.cluster import Cluster, ClusterError, connected

NICENESS = 5
"""The pages share their cores with what they have started."""

ALL_PRESETS = {**PRESETS, **story_presets(), **RECORDED_MODELS}


class UsageError(Exception):
    """The arguments ask for what cannot be done; the message says why in one line."""


BAD_INPUT = (
    *(UsageError, ExperimentError, ScriptError, ConfigurationError, ImportedError),
    *(NotOursError, StoreError, UnconfirmedError, PublishError, NoModuleError, FigureError),
    *(LabelError, ClusterError),
)
"""Errors that are shown in one line, without a traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command that the arguments name; returns its exit status."""
    try:
        options = _parser().parse_args(arguments)
        status: int = options.command(options)
        return status
    except UnknownRunError as error:
        print(f"python -m models: {error} (python -m models runs lists them)", file=sys.stderr)
        return 2
    except BAD_INPUT as error:
        print(f"python -m models: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parse_experiment(arguments: Sequence[str]) -> Experiment:
    """The experiment that these arguments of ``train`` describe.

    Raises UsageError, ExperimentError.
    """
    return _experiment(_parser().parse_args(["train", *arguments]))


def _train(options: argparse.Namespace) -> int:
    out = Path(options.out) if options.out else None
    if out:
        _check_writable(out)
    if options.run is not None and (options.preset or options.extend or _given(options)):
        raise UsageError("--run takes its experiment from the store: leave all settings out")
    if options.extend is not None and options.preset:
        raise UsageError("--extend takes its experiment from the store: leave --preset out")
    if options.run is not None and options.narrow is not None:
        raise UsageError("--run goes on as the run was begun: use --extend with --narrow")
    with connected(options.scheduler) if options.scheduler else nullcontext() as cluster:
        return _train_on(cluster, options, out)


def _train_on(cluster: Cluster | None, options: argparse.Namespace, out: Path | None) -> int:
    narrows = goal(options)
    if cluster and (others := cluster.check()):
        print(f"workers have {others}: last digits may differ", file=sys.stderr)
    start_logging("command", Configuration.from_environment())
    store = Store(patience=PATIENCE_SECONDS)
    if options.run is not None:
        run_id = store.whole_id(options.run)
        _take_up(store, run_id)
    elif options.extend is not None:
        run_id = extension(store, options.extend, _given(options), narrows)
    else:
        run_id = store.create(_experiment(options), process=identity(), narrows=narrows)
    return _execute(store, run_id, out, options.tables, cluster)


def _serve(_: argparse.Namespace) -> int:
    from models.service.serving import Server

    with suppress(AttributeError):  # where there is no such thing
        os.nice(NICENESS)

    def say(line: str) -> None:
        with suppress(BrokenPipeError):  # the reader has gone: a run continues all the same
            print(line, flush=True)

    Server(say).run()
    return 0


def _execute(
    store: Store, run_id: str, out: Path | None, tables: TableFormat, cluster: Cluster | None
) -> int:
    from models.service.progress import progress_bar
    from models.service.questions.speed import speed
    from models.service.running import execute

    stored = store.run(run_id)
    if cluster:
        effort = f"on {cluster}"
    else:
        cost = estimate(stored.experiment, Speed.from_answer(speed()), earlier=stored.earlier)
        effort = in_words(cost)
    print(f"run {run_id}: {effort}", file=sys.stderr)
    trainer = cluster.train if cluster else None
    with progress_bar(stored.experiment, stored.done_steps) as follow:
        end = execute(store, run_id, follow, _say, trainer=trainer)
    results = files.from_store(store, run_id)
    written = out is None or _write(results, out, tables)
    if end.status in ("failed", "interrupted"):
        again = f"resume it with: python -m models train --run {run_id}"
        print(f"run {run_id} {end.status}: {end.message}; {again}", file=sys.stderr)
        return 130 if end.by_signal else 1
    print(report(results))
    if end.message:
        print(f"\n{end.message}")
    if end.by_signal:
        return 130
    return 0 if written else 1


def _say(words: str) -> None:
    """Says what happens while it trains, below the progress bar if there is one."""
    print(f"\n{words}", file=sys.stderr)


def _write(results: Results, out: Path, tables: TableFormat) -> bool:
    """Writes results and says so, and what was there; returns whether they are written."""
    try:
        before = files.write(results, out, tables)
    except OSError as error:
        print(
            f"--out {out}: {error.strerror or error}; run {results.run} is in the store, export it "
            "on the Runs page",
            file=sys.stderr,
        )
        return False
    replaced = f", in place of run {before}" if before else ""
    print(f"written to {out}{replaced}")
    return True


def _take_up(store: Store, run_id: str) -> None:
    """Makes a run that waits, or was broken off, this process's. Raises UsageError."""
    close_lost_runs(store)
    status = store.run(run_id).status
    if status != "queued" and not store.resume(run_id, identity()):
        raise UsageError(f"run {run_id} is {status} already: start a new one")


def _script(options: argparse.Namespace) -> int:
    print(standalone_script(_experiment(options)), end="")
    return 0


def _list(_: argparse.Namespace) -> int:
    print(catalogue())
    return 0


def _experiment(options: argparse.Namespace) -> Experiment:
    preset = ALL_PRESETS[options.preset].experiment if options.preset else Experiment()
    experiment = Experiment.from_mapping({**vars(preset), **_given(options)})
    experiment.check_trainable()
    return experiment


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line names."""
    given = {name: getattr(options, name) for name in SETTINGS}
    return {name: value for name, value in given.items() if value is not None}


def _check_writable(out: Path) -> None:
    """Raises UsageError before hours of training, not after them."""
    try:
        files.check_writable(out)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror or error}") from error


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (python -m models --help shows what there is)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m models",
        description="Trains RNN, LSTM and GRU models on long-range dependency tasks: how far back "
        "can a cell remember?",
        epilog="COMMAND --help says more; list names all tasks, cells, optimisers and presets.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    train = add_command(
        commands,
        _train,
        "train",
        "train the models of an experiment",
        "The run is kept in the store and stands on the Runs page; Ctrl-C ends it with what it has "
        "measured. Settings that are not given are those of the preset, or the default.",
    )
    _add_settings(train)
    train.add_argument(
        "--out",
        metavar="DIR|NAME.zip",
        help="Where the tables are written; an earlier export there is replaced.",
    )
    add_table_format(train)
    train.add_argument(
        "--run",
        metavar="ID",
        help="Train this run of the store, from its last checkpoint, instead of a new one: its id, "
        "or a beginning of it.",
    )
    train.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="Train on the workers of this Dask cluster, such as tcp://10.0.0.1:8786, not here.",
    )
    add_extending(train)
    script = add_command(
        commands,
        _script,
        "script",
        "print a script that trains the same models with nothing but torch",
        "It needs none of this project, and draws its own random numbers: results agree in "
        "distribution.",
    )
    _add_settings(script)
    add_command(commands, _serve, "serve", "answer questions and train runs for a dashboard")
    add_claims_command(commands)
    add_published_command(commands)
    add_run_commands(commands)
    add_store_commands(commands)
    add_publish_commands(commands)
    add_command(commands, _list, "list", "name all tasks, cells, optimisers and presets")
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset",
        choices=tuple(ALL_PRESETS),
        metavar="NAME",
        help="Start from the settings of a preset; list names them.",
    )
    for one in SETTINGS.values():
        parser.add_argument(
            one.flag,
            type=reader(one.parse),
            nargs="*" if one.several else None,
            metavar="|".join(one.choices) or None,
            help=f"{one.help} Default: {_words(one)}.",
        )


def _words(one: Setting) -> str:
    values = one.default if one.several else (one.default,)
    return " ".join(map(str, values)) or "none"
