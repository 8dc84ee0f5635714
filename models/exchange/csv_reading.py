"""Reads the CSV of a table, block by block, as frames with the columns and types of the schema."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TextIO

import numpy as np
import pandas as pd

from models.analysis.schema import COLUMN_TYPES, TABLES
from models.settings import spec, strict
from models.settings.quoting import quoted, shortened
from models.tasks import TASKS

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
LONGEST = 2**18
"""Characters of a line at most, and about of what is read at once: some thousand rows."""
EXPECTED = {
    "str": "a text",
    "bool": "True or False",
    "int64": "a whole number",
    "float64": "a number",
}


SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What spreadsheets of some countries put between values, by sign."""


class TableError(ValueError):
    """A table that cannot be used; the message says where and why, in one line."""


def read_blocks(name: str, file: IO[bytes]) -> Iterator[tuple[pd.DataFrame, int]]:
    """Reads a CSV block by block: the rows of each, and the line on which the first of them is.

    An empty number is NaN. ``task`` has the options that an old table does not name, as
    ``spec.from_results`` says. Raises TableError.
    """
    # Whichever way lines end, a mark of the byte order included.
    text = io.TextIOWrapper(file, "utf-8-sig", newline=None)
    try:
        header, line = _header(name, text)
        for block in _blocks(name, text):
            if block.strip():
                yield _rows(name, header, block, line), line
            line += block.count("\n")
    except UnicodeDecodeError as error:
        raise TableError(f"{name}.csv is not a CSV table in UTF-8") from error


def without_mark(content: bytes) -> bytes:
    """Removes the byte order mark that spreadsheets put in front of a text in UTF-8."""
    return content.removeprefix(codecs.BOM_UTF8)


def escape_formula(text: str) -> str:
    """Returns the text with a quote before it where a spreadsheet would run it as a formula."""
    return "'" + text if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def unescape_formula(text: str) -> str:
    """Returns what ``escape_formula`` was given, from what it returned."""
    marked = text.startswith("'") and text.lstrip("'").startswith(FORMULA_SIGNS)
    return text[1:] if marked else text


def _header(name: str, text: TextIO) -> tuple[str, int]:
    """The line of the header, and the number of the next. Raises TableError."""
    number = 1
    while (header := text.readline(LONGEST)) == "\n":
        number += 1
    columns, known = _first(name, header), TABLES[name]
    if len(columns) == 1 and (sign := next((one for one in SEPARATORS if one in columns[0]), "")):
        raise TableError(
            f"{name}.csv has {SEPARATORS[sign]} between its values: save it with commas there, and "
            "points in its numbers"
        )
    if missing := [column for column in known if column not in columns]:
        raise TableError(f"{name}.csv has no column {missing[0]}: it needs {', '.join(known)}")
    if unknown := [column for column in columns if column not in known]:
        raise TableError(
            f"{name}.csv has an unknown column {quoted(unknown[0])}: it has {', '.join(known)}"
        )
    if len(columns) > len(known):
        raise TableError(f"{name}.csv has a column twice: it has {', '.join(known)}")
    return header, number + 1


def _first(name: str, text: str) -> list[str]:
    """The values of the first line that has any."""
    try:
        return next(filter(None, csv.reader(io.StringIO(text), strict=True)), [])
    except csv.Error as error:
        raise TableError(f"{name}.csv is not a CSV table in UTF-8") from error


def _blocks(name: str, text: TextIO) -> Iterator[str]:
    """Pieces of whole lines, of about as many characters as the longest line may have."""
    rest = ""
    while piece := text.read(LONGEST):
        whole, end, rest = (rest + piece).rpartition("\n")
        if len(rest) > LONGEST:
            raise TableError(f"{name}.csv has a line of more than {LONGEST} characters")
        yield whole + end
    yield rest


def _rows(name: str, header: str, block: str, line: int) -> pd.DataFrame:
    """The rows of a block, of which the first is on this line."""
    # pandas would take the first field for the name of the row.
    if len(first := _first(name, block)) != len(TABLES[name]):
        raise TableError(
            f"{name}.csv, line {line}: {len(first)} values for {len(TABLES[name])} columns"
        )
    block = header + block
    kinds = {column: COLUMN_TYPES.get(column, "float64") for column in TABLES[name]}
    try:
        rows = _parsed(block, kinds)
    except (ValueError, OverflowError, TypeError) as error:
        raise TableError(_why(name, block, line, kinds)) from error
    for column in (column for column, kind in kinds.items() if kind == "str"):
        if (empty := rows[column].isna().to_numpy()).any():
            raise TableError(f"{name}.csv, line {line + empty.argmax()}: {column} is missing")
        rows[column] = _mapped(rows[column], unescape_formula)
    rows["task"] = _mapped(rows["task"], lambda text: spec.from_results("task", text, TASKS))
    return rows


def _parsed(block: str, kinds: Mapping[str, str], only: str | None = None) -> pd.DataFrame:
    with np.errstate(invalid="ignore"):
        frame = pd.read_csv(
            io.StringIO(block),
            dtype=kinds,
            usecols=[only] if only else None,
            keep_default_na=False,
            na_values={column: [""] for column, kind in kinds.items() if kind == "float64"},
        )
    return frame[[only] if only else list(kinds)]


def _why(name: str, block: str, line: int, kinds: Mapping[str, str]) -> str:
    """The first column that cannot be read, and its first value that is not of its type."""
    for column, kind in kinds.items():
        try:
            _parsed(block, kinds, column)
        except (ValueError, OverflowError, TypeError):
            return f"{name}.csv" + _bad_value(block, line, {**kinds, column: "str"}, column, kind)
    return f"{name}.csv is not a CSV table: its rows differ in the number of values"


def _bad_value(block: str, line: int, texts: Mapping[str, str], column: str, kind: str) -> str:
    """What the column has that is not of this kind; ``texts`` are the kinds to read it as text."""
    try:
        values = _parsed(block, texts, column)[column]
    except (ValueError, OverflowError, TypeError) as error:
        return f" is not a CSV table ({shortened(' '.join(str(error).split()))})"
    bad = ~values.map(lambda text: _fits(text, kind)).to_numpy(bool)
    if not bad.any():
        return f": {column} is of another type, expected {EXPECTED[kind]}"
    found = quoted(values.iloc[bad.argmax()])
    return f", line {line + bad.argmax()}: {column} is {found}, expected {EXPECTED[kind]}"


def _fits(text: object, kind: str) -> bool:
    if not isinstance(text, str):
        return kind == "float64"
    if kind == "bool":
        return text.lower() in ("true", "false", "1", "0")
    if kind == "float64" and text in ("", "inf", "-inf"):
        return True
    try:
        strict.number(text) if kind == "float64" else strict.whole_number(text)
    except ValueError:
        return False
    return True


def _mapped(texts: pd.Series, change: Callable[[str], str]) -> pd.Series:
    changed = {text: new for text in texts.unique() if (new := change(text)) != text}
    return texts.replace(changed) if changed else texts
