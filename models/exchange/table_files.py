"""The formats of tables as files: their names, what writes them and what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import IO, Literal, get_args

import pandas as pd

from models.analysis.schema import TABLES
from models.exchange import csv_reading, csv_writing, parquet_tables

TableFormat = Literal["csv", "parquet"]
FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)
TABLE_FILES = tuple(f"{name}.{kind}" for name in TABLES for kind in FORMATS)
"""The names of files that hold a table."""
COUNTED = {".csv": "line", ".parquet": "row"}
"""What the rows of a file are counted in."""


def blocks_of(rows: pd.DataFrame, file: str) -> Iterable[bytes]:
    """Returns a table as the content of a file of this name, which ends as its format."""
    parquet = PurePath(file).suffix == ".parquet"
    return [parquet_tables.parquet_bytes(rows)] if parquet else csv_writing.csv_blocks(rows)


def read_blocks(file: str, content: IO[bytes]) -> Iterator[tuple[pd.DataFrame, int]]:
    """Reads one of TABLE_FILES block by block: rows, and the line or number of the first of them.

    Raises TableError.
    """
    path = PurePath(file)
    if path.suffix == ".parquet":
        return parquet_tables.read_blocks(path.stem, content)
    return csv_reading.read_blocks(path.stem, content)


def place_in(file: str) -> str:
    """Returns how an error names a place in one of TABLE_FILES: "accuracy.csv, line"."""
    return f"{file}, {COUNTED[PurePath(file).suffix]}"
