"""The CSV of a table as a frame whose columns and types are those of the schema."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from models.analysis.schema import COLUMN_TYPES, TABLES
from models.settings import numerals, spec
from models.settings.quoting import quoted, shortened
from models.tasks import TASKS

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS = 5_000_000
"""Of one table."""
EXPECTED = {
    "str": "a text",
    "bool": "True or False",
    "int64": "a whole number",
    "float64": "a number",
}


SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What spreadsheets of some countries put between values."""


class TableError(ValueError):
    """A table that cannot be used; the message says where and why, in one line."""


def read_table(name: str, content: bytes) -> pd.DataFrame:
    """The table of this name from its CSV. Raises TableError. An empty number is NaN.

    ``task`` has the options that an old table does not name, as ``spec.of_results`` says.
    """
    kinds = {column: COLUMN_TYPES.get(column, "float64") for column in TABLES[name]}
    content = without_mark(content)
    _check_header(name, content)
    try:
        frame = _parsed(content, kinds)
    except (ValueError, OverflowError, TypeError) as error:
        raise TableError(_why(name, content, kinds)) from error
    if len(frame) > MOST_ROWS:
        raise TableError(f"{name}.csv has more than {MOST_ROWS} rows")
    for column in (column for column, kind in kinds.items() if kind == "str"):
        if (empty := frame[column].isna()).any():
            raise TableError(f"{name}.csv, line {line_of(empty)}: {column} is missing")
        frame[column] = _mapped(frame[column], unescape_formula)
    frame["task"] = _mapped(frame["task"], lambda text: spec.of_results("task", text, TASKS))
    return frame


def without_mark(content: bytes) -> bytes:
    """Without the byte order mark that spreadsheets put in front of a text in UTF-8."""
    return content.removeprefix(codecs.BOM_UTF8)


def line_of(rows: pd.Series) -> int:
    """The line in its CSV of the first row that is True; the header is line 1."""
    return int(rows.to_numpy().argmax()) + 2


def escape_formula(text: str) -> str:
    """The text with a quote before it where a spreadsheet would run it as a formula."""
    return "'" + text if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def unescape_formula(text: str) -> str:
    """What ``escape_formula`` was given."""
    marked = text.startswith("'") and text.lstrip("'").startswith(FORMULA_SIGNS)
    return text[1:] if marked else text


def _check_header(name: str, content: bytes) -> None:
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="")
    try:
        rows = (row for row in csv.reader(text, strict=True) if row)
        header, first = next(rows, []), next(rows, None)
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{name}.csv is not a CSV table in UTF-8") from error
    columns = TABLES[name]
    if len(header) == 1 and (sign := next((one for one in SEPARATORS if one in header[0]), "")):
        raise TableError(
            f"{name}.csv has {SEPARATORS[sign]} between its values: save it with commas there, and "
            "points in its numbers"
        )
    if missing := [column for column in columns if column not in header]:
        raise TableError(f"{name}.csv has no column {missing[0]}: it needs {', '.join(columns)}")
    if unknown := [column for column in header if column not in columns]:
        raise TableError(
            f"{name}.csv has an unknown column {quoted(unknown[0])}: it has {', '.join(columns)}"
        )
    if len(header) > len(columns):
        raise TableError(f"{name}.csv has a column twice: it has {', '.join(columns)}")
    # pandas would take the first field for the name of the row.
    if first is not None and len(first) != len(columns):
        raise TableError(f"{name}.csv, line 2: {len(first)} values for {len(columns)} columns")


def _parsed(content: bytes, kinds: Mapping[str, str], only: str | None = None) -> pd.DataFrame:
    with np.errstate(invalid="ignore"):
        frame = pd.read_csv(
            io.BytesIO(content),
            dtype=kinds,
            usecols=[only] if only else None,
            nrows=MOST_ROWS + 1,
            keep_default_na=False,
            na_values={column: [""] for column, kind in kinds.items() if kind == "float64"},
        )
    return frame[[only] if only else list(kinds)]


def _why(name: str, content: bytes, kinds: Mapping[str, str]) -> str:
    """The first column that cannot be read, and its first value that is not of its type."""
    for column, kind in kinds.items():
        try:
            _parsed(content, kinds, column)
        except (ValueError, OverflowError, TypeError):
            return _bad_value(name, content, kinds, column, EXPECTED[kind])
    return f"{name}.csv is not a CSV table: its rows differ in the number of values"


def _bad_value(
    name: str, content: bytes, kinds: Mapping[str, str], column: str, expected: str
) -> str:
    try:
        texts = _parsed(content, {**kinds, column: "str"}, column)[column]
    except (ValueError, OverflowError, TypeError) as error:
        return f"{name}.csv is not a CSV table ({shortened(' '.join(str(error).split()))})"
    bad = texts.map(lambda text: not _fits(text, kinds[column]))
    shown = quoted(texts[bad].iloc[0]) if bad.any() else "of another type"
    place = f", line {line_of(bad)}" if bad.any() else ""
    return f"{name}.csv{place}: {column} is {shown}, expected {expected}"


def _fits(text: object, kind: str) -> bool:
    if not isinstance(text, str):
        return kind == "float64"
    if kind == "bool":
        return text.lower() in ("true", "false", "1", "0")
    if kind == "float64" and text in ("", "inf", "-inf"):
        return True
    try:
        numerals.number(text) if kind == "float64" else numerals.whole(text)
    except ValueError:
        return False
    return True


def _mapped(texts: pd.Series, change: Callable[[str], str]) -> pd.Series:
    changed = {text: new for text in texts.unique() if (new := change(text)) != text}
    return texts.replace(changed) if changed else texts
