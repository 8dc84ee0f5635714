"""A table for a paper, as CSV, Markdown, LaTeX and HTML; any text in it is shown as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from models.exchange.csv_writing import csv_bytes


@dataclass(frozen=True)
class Table:
    """A table with what explains it."""

    name: str
    """A name for files and labels."""
    caption: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """As people read them, a text for each column of the heading."""
    notes: tuple[str, ...]
    """What the reader has to know: how intervals were made, what marks mean."""
    data: pd.DataFrame
    """The same numbers for a computer, a column each."""


def as_csv(table: Table) -> str:
    """The numbers of a table as CSV; texts that a spreadsheet would run are escaped."""
    data = table.data.copy()
    for name in data.select_dtypes(include=["object", "str"]):
        data[name] = data[name].map(one_line)
    return csv_bytes(data).decode()


def as_markdown(table: Table) -> str:
    """A table in GitHub's Markdown, with its caption and its notes."""
    lines = [
        f"**{escape_markdown(table.caption)}**",
        "",
        _markdown_row(table.heading),
        _markdown_row(["---"] + ["---:"] * (len(table.heading) - 1), str),
        *map(_markdown_row, table.rows),
        "",
        *(escape_markdown(note) + "  " for note in table.notes),
    ]
    return "\n".join(lines) + "\n"


def as_latex(table: Table) -> str:
    r"""A table for LaTeX with ``\usepackage{booktabs}``.

    pdfLaTeX has signs for Latin, Greek and mathematics; for others use LuaLaTeX or XeLaTeX.
    """
    columns = "l" + "r" * (len(table.heading) - 1)
    notes = " ".join(map(escape_latex, table.notes))
    lines = [
        r"% \usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{escape_latex(table.caption)}}}",
        rf"  \label{{tab:{table.name}}}",
        rf"  \begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        _latex_row(table.heading),
        r"    \midrule",
        *map(_latex_row, table.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        rf"  \par\smallskip\begin{{minipage}}{{\linewidth}}\footnotesize {notes}\end{{minipage}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def as_html(table: Table) -> str:
    """A table element with its caption, and its notes below it."""
    heading = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in table.heading)
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>\n" for row in table.rows)
    notes = "".join(f'<p class="note">{html.escape(note)}</p>\n' for note in table.notes)
    return (
        f'<div class="wide"><table><caption>{html.escape(table.caption)}</caption>\n'
        f"<thead><tr>{heading}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n{notes}"
    )


TABLE_FORMATS: dict[str, Callable[[Table], str]] = {
    "csv": as_csv,
    "md": as_markdown,
    "tex": as_latex,
}
"""What writes a table, by the ending of the file."""

_LATEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # after the end of a row it would be its height
    "*": "{*}",
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "±": r"$\pm$",
    "∞": r"$\infty$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "†": r"$\dagger$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    "ε": r"$\varepsilon$",
    "λ": r"$\lambda$",
    "Ω": r"$\Omega$",
    "‖": r"$\Vert$",
    "∂": r"$\partial$",
    **{sign: f"$_{digit}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{sign: f"$^{digit}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "⁻": "$^{-}$",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$&])|(?<=\w)(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
_LIGATURE = re.compile(r"([-,'`])(?=\1)|([?!])(?=`)")
"""Signs of which TeX would print two as another one."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def escape_latex(text: str) -> str:
    """Any text, so that LaTeX prints it as it is; a control character is a blank."""
    return "{}".join(
        "".join(_LATEX.get(sign, sign) for sign in part) for part in _parts(one_line(text))
    )


def _parts(text: str) -> list[str]:
    """The text cut where two signs would become one."""
    ends = [0, *(found.end() for found in _LIGATURE.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def escape_markdown(text: str) -> str:
    """Any text, so that Markdown shows it as it is; a control character is a blank."""
    return _MARKDOWN.sub(r"\\\g<0>", one_line(text))


def one_line(text: str) -> str:
    """The text with a blank for every run of control characters and ends of lines."""
    return _CONTROL.sub(" ", text)


def _markdown_row(
    cells: tuple[str, ...] | list[str], shown: Callable[[str], str] = escape_markdown
) -> str:
    return f"| {' | '.join(map(shown, cells))} |"


def _latex_row(cells: tuple[str, ...]) -> str:
    return f"    {' & '.join(map(escape_latex, cells))} \\\\"


def _html_cell(text: str) -> str:
    return f"<td>{html.escape(text)}</td>"
