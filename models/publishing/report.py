"""A report of runs: one HTML file that opens anywhere offline, and prints.

Its figures are SVG in the page: points tell their numbers under the pointer, cells can be hidden.
Nothing is loaded from elsewhere, which its content security policy also says.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from models.analysis.cell_style import cell_style, in_order
from models.analysis.findings import findings
from models.analysis.references import bibtex, citation
from models.exchange.files import Results
from models.experiment import Experiment
from models.experiment.experiment import SETTINGS
from models.publishing.compared import question_of, run_title
from models.publishing.figure_names import FIGURES, View, available
from models.publishing.figures.figure import figure_bytes
from models.publishing.methods import methods
from models.publishing.report_svg import inline_svg
from models.publishing.result_tables import RESULT_TABLES
from models.publishing.table import Table, as_html
from models.settings import __version__

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
STYLE = Path(__file__).with_name("report.css")
SCRIPT = Path(__file__).with_name("report.js")
LEFT_OUT = ("diagnostic", "heat_map", "initial_profile")
"""Figures of which there are many, or whose lines another one has: a report has none of them."""


def report(runs: Sequence[Results], question: str = "") -> str:
    """The report of one run, or of several side by side, as the text of an HTML file."""
    experiments = [results.experiment for results in runs]
    asked = question or question_of(experiments)
    described = [methods(results.experiment, results.environment) for results in runs]
    keys = sorted({key for one in described for key in one.keys})
    names = [run_title(results) for results in runs]
    entries = "\n\n".join([citation(__version__), *map(bibtex, keys)])
    commands = "\n".join(one.command_line(out=None) for one in experiments)
    sections = [
        _section("Findings", "".join(map(_finding, runs))),
        _section("Settings", as_html(_settings(experiments, names))),
        _section("Figures", _legend(experiments) + "".join(map(_figures, runs))),
        _section("Tables", "".join(map(as_html, _tables(runs)))),
        _section("Methods", "".join(f"<p>{html.escape(one.text)}</p>" for one in described)),
        _section("Versions", as_html(_versions(runs, names))),
        _section("The same from the command line", _code(commands)),
        _section("References", _code(entries)),
    ]
    return _PAGE.format(
        policy=POLICY,
        title=html.escape(asked),
        style=STYLE.read_text(),
        names=html.escape(" · ".join(names)),
        program=html.escape(f"Memory Lab {__version__}"),
        body="\n".join(sections),
        script=SCRIPT.read_text(),
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="generator" content="{program}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="note">{names} · {program}</p>
{body}
</main>
<div id="value" role="status" hidden></div>
<script>
{script}</script>
</body>
</html>
"""


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{html.escape(title)}</h2>\n{content}\n</section>"


def _code(text: str) -> str:
    return f'<pre tabindex="0">{html.escape(text)}</pre>'


def _finding(results: Results) -> str:
    found = findings(results.experiment, results.accuracy, results.tables["gradients"])
    return f"<p><b>{html.escape(run_title(results))}.</b> {html.escape(found)}</p>\n"


def _settings(experiments: Sequence[Experiment], names: Sequence[str]) -> Table:
    """Every setting of each run; a star marks those in which the runs differ."""
    rows = []
    for setting in SETTINGS.values():
        values = [getattr(one, setting.name) for one in experiments]
        shown = [", ".join(map(str, v)) if setting.several else str(v) for v in values]
        differs = len(set(shown)) > 1
        rows.append(
            (f"{setting.label}{' *' if differs else ''}", *(one or "none" for one in shown))
        )
    notes = ("*: the runs differ in it.",) if len(experiments) > 1 else ()
    return _plain("settings", "All settings", ("setting", *names), rows, notes)


def _versions(runs: Sequence[Results], names: Sequence[str]) -> Table:
    known = dict.fromkeys(name for results in runs for name in results.environment)
    rows = [(name, *(results.environment.get(name, "") for results in runs)) for name in known]
    return _plain("versions", "Where and when", ("", *names), rows, ())


def _plain(
    name: str,
    caption: str,
    heading: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    notes: tuple[str, ...],
) -> Table:
    return Table(name, caption, heading, tuple(rows), notes, pd.DataFrame(rows, columns=heading))


def _legend(experiments: Sequence[Experiment]) -> str:
    """A box for each cell that shows and hides it in every figure; it is not printed."""
    cells = in_order(cell for experiment in experiments for cell in experiment.cells)
    return f'<p class="cells">Show: {"".join(map(_switch, cells))}</p>'


def _switch(cell: str) -> str:
    style = cell_style(cell)
    return (
        f'<label style="--cell: {style.color}"><input type="checkbox" checked '
        f'data-shows="{html.escape(cell)}"> {html.escape(style.label)}</label> '
    )


def _tables(runs: Sequence[Results]) -> list[Table]:
    """The tables that have rows: of one cell alone there are no pairs."""
    return [table for make in RESULT_TABLES.values() if (table := make(runs)).rows]


def _figures(results: Results) -> str:
    names = [name for name in available(results.tables) if name not in LEFT_OUT]
    view = View(max(results.experiment.lengths))
    drawn = (_figure(results, name, view) for name in names)
    return (
        f"<h3>{html.escape(run_title(results))}</h3>\n<div class='figures'>{''.join(drawn)}</div>"
    )


def _figure(results: Results, name: str, view: View) -> str:
    hover: dict[str, list[str]] = {}
    svg = figure_bytes([results], [name], view, "svg", hover=hover)
    title = FIGURES[name].title
    if name in ("learning", "gradient_norm", "gradient_profile"):
        title += f", T = {view.length}"
    unique = f"{name}-{results.run}"
    return (
        f"<figure>{inline_svg(svg, unique, title, hover)}"
        f"<figcaption>{html.escape(title)}</figcaption></figure>\n"
    )
