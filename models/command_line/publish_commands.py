"""The commands that publish runs: their files, trained weights, figures, tables and reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.analysis.diagnostic_names import DIAGNOSTICS
from models.command_line.run_commands import add_command
from models.exchange import files
from models.exchange.bounded_zip import DAMAGED
from models.exchange.files import Results
from models.exchange.table_files import FORMATS
from models.exchange.torch_modules import torch_snippet
from models.publishing.figure_names import FIGURES, WIDTHS, View
from models.publishing.figure_names import FORMATS as FIGURE_FORMATS
from models.publishing.result_tables import RESULT_TABLES
from models.publishing.table import TABLE_FORMATS
from models.settings.quoting import quoted
from models.store import Store
from models.training.weights import WeightsKey


class PublishError(Exception):
    """What was asked for cannot be made of these runs; the message says why in one line."""


def add_publish_commands(commands: Any) -> None:
    """Adds the commands that make something of runs that are trained."""
    exporting = add_command(
        commands,
        _export,
        "export",
        "write the tables and weights of a run",
        "An earlier export there is replaced, and no other file is touched.",
    )
    _add_run(exporting)
    exporting.add_argument("out", metavar="DIR|NAME.zip", type=Path, help="where to write")
    add_table_format(exporting)
    weights = add_command(
        commands,
        _weights,
        "weights",
        "print a script that loads a trained model with nothing but torch and numpy",
        "It reads weights.npz, which export writes, into torch.nn modules.",
    )
    _add_run(weights)
    weights.add_argument("--cell", help="the cell; by default the first of the run")
    weights.add_argument("--length", type=int, help="the length that it was trained at")
    weights.add_argument("--seed", type=int, help="its seed")
    table = add_command(
        commands,
        _table,
        "table",
        "print the results of one run or several as a table for a paper",
        "With intervals, and differences that are significant marked and explained.",
    )
    _add_runs(table)
    table.add_argument(
        "--table", choices=tuple(RESULT_TABLES), default="results", help="Default: results."
    )
    table.add_argument(
        "--format",
        choices=tuple(TABLE_FORMATS),
        default="md",
        help="CSV, Markdown, or LaTeX with booktabs. Default: md.",
    )
    figure = add_command(
        commands,
        _figure,
        "figure",
        "draw figures of one run, or of several compared, for a paper or a slide",
        "Several names make one panel with letters. The runs and their settings are in the "
        f"metadata of the file. FIGURE is one of {', '.join(FIGURES)}; of several runs "
        f"{', '.join(name for name, one in FIGURES.items() if one.several)}.",
    )
    figure.add_argument(
        "words",
        metavar="RUN [RUN …] FIGURE",
        nargs="+",
        help="runs, by their ids, beginnings of them or paths of exports, then names of figures",
    )
    figure.add_argument("--format", choices=FIGURE_FORMATS, help="Default: that of --out, or pdf.")
    figure.add_argument(
        "--width",
        choices=WIDTHS,
        default="single",
        help="a column of 85 mm, a page of 178 mm, or a slide of 16:9. Default: single.",
    )
    figure.add_argument(
        "--length", type=int, help="of figures at one length. Default: the longest."
    )
    figure.add_argument("--state", choices=("h", "c"), default="h", help="of the gradient.")
    figure.add_argument(
        "--cell", default="", help="of a heat map or of gates. Default: the run's first."
    )
    figure.add_argument("--seed", type=int, help="of gates. Default: the first stored.")
    figure.add_argument(
        "--diagnostic", choices=tuple(DIAGNOSTICS), default="spectral_radius", metavar="NAME"
    )
    figure.add_argument("--out", type=Path, help="Default: the first FIGURE in this folder.")
    report = add_command(
        commands,
        _report,
        "report",
        "freeze runs into one HTML file that opens anywhere offline",
        "Settings, findings, figures, tables, the methods paragraph, versions and BibTeX.",
    )
    _add_runs(report)
    report.add_argument("--question", default="", help="its title. Default: from the settings.")
    report.add_argument("--out", type=Path, default=Path("report.html"))


def add_table_format(parser: argparse.ArgumentParser) -> None:
    """Adds the argument that says in which format tables are written."""
    parser.add_argument(
        "--tables",
        choices=FORMATS,
        default="csv",
        help="the format of the tables: CSV with six digits, or Parquet with all. Default: csv.",
    )


def read_results(text: str) -> Results:
    """The results of a run of the store by the beginning of its id, or of an export by its path.

    Raises PublishError, UnknownRunError.
    """
    if not (path := Path(text)).exists():
        store = Store()
        return files.from_store(store, store.whole_id(text))
    try:
        return files.read(path)
    except (*DAMAGED, KeyError, TypeError) as error:
        raise PublishError(
            f"{text} is no export of a run that can be read here: open it with "
            "python -m models import first"
        ) from error


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN", help="the id of a run or a beginning of it, or the path of an export"
    )


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="+",
        help="ids of runs or beginnings of them, or paths of exports; several are compared",
    )


def _table(options: argparse.Namespace) -> int:
    runs = measured(options.runs)
    table = RESULT_TABLES[options.table](runs)
    print(TABLE_FORMATS[options.format](table), end="")
    return 0


def _figure(options: argparse.Namespace) -> int:
    from models.publishing.figures.figure import figure_bytes

    texts, names = _runs_and_figures(options.words)
    runs = measured(texts)
    shared = set.intersection(*(set(results.experiment.lengths) for results in runs))
    length = options.length or max(shared, default=max(runs[0].experiment.lengths))
    view = View(length, options.state, options.diagnostic, options.cell, options.seed)
    kind = options.format or (options.out.suffix[1:].lower() if options.out else "pdf")
    if kind not in FIGURE_FORMATS:
        raise PublishError(f"--out {options.out}: name it .svg, .pdf or .png, or give --format")
    out = options.out or Path(f"{names[0]}.{kind}")
    _write(out, figure_bytes(runs, names, view, kind, options.width))
    return 0


def _runs_and_figures(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before the names of figures, and these. Raises PublishError."""
    first = next((place for place, word in enumerate(words) if word in FIGURES), len(words))
    runs, names = list(words[:first]), list(words[first:])
    if unknown := [word for word in (names or words[-1:]) if word not in FIGURES]:
        raise PublishError(f"{quoted(unknown[0])} is no figure: there are {', '.join(FIGURES)}")
    if not runs:
        raise PublishError("name a run before the figures: python -m models runs lists them")
    return runs, names


def _report(options: argparse.Namespace) -> int:
    from models.publishing.report import report

    _write(options.out, report(measured(options.runs), options.question).encode())
    return 0


def _write(out: Path, content: bytes) -> None:
    """Writes a file and says so. Raises PublishError."""
    try:
        out.write_bytes(content)
    except OSError as error:
        raise PublishError(f"{out}: {error.strerror or error}") from error
    print(f"written to {out}")


def measured(texts: Sequence[str]) -> list[Results]:
    """The results of these runs, see ``read_results``. Raises PublishError where one has none."""
    runs = [read_results(text) for text in texts]
    for text, results in zip(texts, runs, strict=True):
        if results.tables["accuracy"].empty:
            raise PublishError(f"nothing was measured in run {text} yet")
    return runs


def _export(options: argparse.Namespace) -> int:
    results = read_results(options.run)
    try:
        files.write(results, options.out, options.tables)
    except OSError as error:
        raise PublishError(f"{options.out}: {error.strerror or error}") from error
    print(f"written to {options.out}")
    return 0


def _weights(options: argparse.Namespace) -> int:
    results = read_results(options.run)
    print(torch_snippet(results.experiment, _chosen(results, options)), end="")
    return 0


def _chosen(results: Results, options: argparse.Namespace) -> WeightsKey:
    """The first kept model of this cell, length and seed. Raises PublishError."""
    if not results.weights:
        raise PublishError("this run has kept no weights: only a run that has finished does")
    wanted = {
        name: value
        for name in ("cell", "length", "seed")
        if (value := getattr(options, name)) is not None
    }
    for model in results.weights:
        if all(getattr(model, name) == value for name, value in wanted.items()):
            return model
    kept = "; ".join(dict.fromkeys(map(str, results.weights)))
    raise PublishError(f"this run has kept no such weights, but those of: {kept}")
