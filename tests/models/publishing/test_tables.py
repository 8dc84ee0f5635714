"""Tables for papers: the numbers of the statistics, and any text as it is."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.analysis.memory_span import memory_spans
from models.analysis.paired import paired_differences
from models.analysis.statistics import result_table
from models.cells import cell_label
from models.exchange import files
from models.exchange.files import Results
from models.publishing.compared import LONGEST, compared
from models.publishing.result_tables import paired, results_by_length, spans
from models.publishing.table import (
    TABLE_FORMATS,
    Table,
    as_csv,
    as_html,
    as_latex,
    escape_latex,
    escape_markdown,
    one_line,
)
from models.store.labels import Labels

EXAMPLES = Path(__file__).resolve().parents[3] / "dashboard" / "examples"
LATEX = shutil.which("tectonic") or shutil.which("pdflatex")
ODD = r"100% & $x_1^2$ {a} \input{/etc/passwd} ~ # [2] ** `` -- | <b> β₁ 10⁻⁷ ± − 'quoted' ?`"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(scope="module")
def results() -> Results:
    return files.read(EXAMPLES / "who_remembers.zip")


def table_of(text: str) -> Table:
    frame = pd.DataFrame({"cell": [text]})
    return Table("odd", text, (text, "number"), ((text, "1"),), (text,), frame)


def test_runs_are_told_apart_by_their_names_where_these_do(results: Results) -> None:
    def labels(*names: str) -> list[str]:
        named = (replace(results, run=f"abc{n}", labels=Labels(one)) for n, one in enumerate(names))
        return [one.label for one in compared(list(named)) if one.cell == "rnn"]

    assert labels("two seeds") == ["RNN"]
    assert labels("two seeds", "") == ["RNN · two seeds", "RNN · run abc1"]
    assert labels("same", "same") == ["RNN · run abc0", "RNN · run abc1"]
    assert len(labels("a long name " * 9, "b")[0]) <= len("RNN · ") + LONGEST


def test_the_numbers_are_those_of_the_statistics(results: Results) -> None:
    data = results_by_length([results]).data
    expected = result_table(results.accuracy)
    pd.testing.assert_frame_equal(data[list(expected)], expected, check_dtype=False)
    rows = pd.read_csv(io.StringIO(as_csv(spans([results]))))
    expected = memory_spans(results.accuracy)
    assert rows["span"].tolist() == pytest.approx(expected["span"].tolist(), rel=1e-5)


def test_only_what_is_significant_is_marked(results: Results) -> None:
    table = results_by_length([results])
    marked = ["*" in row[4] for row in table.rows]
    assert marked == (table.data["p"] <= 0.05).tolist()
    assert not any(marked)  # three seeds are too few for 16 tests
    assert [row[0] for row in spans([results]).rows if "*" in row[1]] == [
        "LSTM, chrono bias",
        "GRU",
        "GRU, chrono bias",
    ]


def test_pairs_are_those_of_the_statistics(results: Results) -> None:
    table = paired([results])
    expected = paired_differences(results.accuracy)
    pd.testing.assert_frame_equal(table.data[list(expected)], expected, check_dtype=False)
    assert [row[0] for row in table.rows] == [cell_label(cell) for cell in expected["cell"]]
    assert not any("*" in row[2] for row in table.rows)  # three pairs are too few


def test_pairs_of_two_runs_have_one_task(results: Results) -> None:
    renamed = replace(results, run="another")
    other = files.read(EXAMPLES / "adding.zip")
    data = paired([results, other, renamed]).data
    assert set(data["run"]) == {results.run, "another"}
    same = data[(data["run"] == "another") & (data["cell"] == results.experiment.cells[0])]
    assert len(same) == len(results.experiment.lengths)
    assert (same["difference"] == 0).all()


def test_runs_are_told_apart(results: Results) -> None:
    others = files.read(EXAMPLES / "clipping.zip"), files.read(EXAMPLES / "clipping_off.zip")
    table = spans(others)
    assert table.data["run"].unique().tolist() == [one.run for one in others]
    assert len({row[0] for row in table.rows}) == len(table.rows)
    assert all(ending in TABLE_FORMATS for ending in ("csv", "md", "tex"))


@pytest.mark.skipif(LATEX is None, reason="no LaTeX: apt-get install texlive-latex-recommended")
def test_latex_prints_any_text_as_it_is(tmp_path: Path, results: Results) -> None:
    tables = [table_of(ODD), results_by_length([results]), spans([results]), paired([results])]
    document = "\n".join(
        [
            r"\documentclass{article}\usepackage{booktabs}\begin{document}",
            *map(as_latex, tables),
            r"\end{document}",
        ]
    )
    (tmp_path / "table.tex").write_text(document)
    options = [] if "tectonic" in str(LATEX) else ["-interaction=nonstopmode", "-halt-on-error"]
    command = [str(LATEX), *options, "table.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "passwd" not in done.stdout
    if shutil.which("pdftotext"):
        subprocess.run(["pdftotext", "-layout", "table.pdf"], cwd=tmp_path, check=True)
        assert r"\input{/etc/passwd}" in (tmp_path / "table.txt").read_text()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS)
def test_no_text_is_markup(text: str) -> None:
    shown = html.unescape(re.sub(r"<[^>]*>", "", as_html(table_of(text))))
    assert text in shown
    assert len(re.findall("<t[dh][ >]", as_html(table_of(text)))) == 4
    assert re.sub(r"\\([\\`*_{}\[\]<>#|~$&:.])", r"\1", escape_markdown(text)) == one_line(text)
    unescaped = re.sub(r"\\.", "", escape_markdown(text))
    assert not set(unescaped) & set("`*_{}[]<>#|~$&")
    assert "\n" not in escape_latex(text)
    commands = re.findall(r"\\([A-Za-z]+)", escape_latex(text))
    assert {*commands} <= {
        *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater"),
        *("textbar", "times", "cdot", "pm", "infty", "leq", "geq", "dagger", "beta", "gamma"),
        *("varepsilon", "lambda", "Omega", "Vert", "partial"),
    }
    assert len(re.findall(r"(?<!\\)\$", escape_latex(text))) % 2 == 0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from("=+-@"), TEXTS)
def test_no_text_is_a_formula(sign: str, text: str) -> None:
    table = table_of(sign + text)
    (cell,) = pd.read_csv(io.StringIO(as_csv(table), newline=""), keep_default_na=False, dtype=str)[
        "cell"
    ]
    assert cell.startswith("'")
