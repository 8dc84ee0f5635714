"""The types of the columns of results: the same from the store and from a CSV, rows or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pandas as pd

from models.analysis.schema import FLAGS, NUMBERS, TABLES, TEXTS

KINDS = dict.fromkeys(TEXTS, "str") | dict.fromkeys(FLAGS, "bool") | dict.fromkeys(NUMBERS, "int64")
"""The types of columns; all others hold floats."""


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Column types that do not depend on whether there are rows, or NaN among them."""
    return frame.astype({name: KINDS.get(str(name), "float64") for name in frame})


def table_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Rows with these columns, typed; None is NaN."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    kinds: Iterator[Any] = (KINDS.get(name, "float64") for name in names)
    arrays = [pd.array(list(values), kind) for values, kind in zip(columns, kinds, strict=True)]
    return pd.DataFrame(dict(zip(names, arrays, strict=True)))


def no_rows(name: str) -> pd.DataFrame:
    """The table of this name, empty."""
    return _no_rows(name).copy()


@cache
def _no_rows(name: str) -> pd.DataFrame:
    return table_of([], TABLES[name])
