"""Writes tables as CSV: six significant digits, texts that no spreadsheet runs as a formula."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from models.exchange.csv_reading import escape_formula

BLOCK_ROWS = 20_000
"""Rows that are made into text at once."""


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Returns any table as CSV, with six significant digits; formulas are escaped."""
    return b"".join(csv_blocks(frame))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Writes what ``csv_bytes`` returns, block by block. Raises OSError."""
    with path.open("wb") as file:
        file.writelines(csv_blocks(frame))


def csv_blocks(frame: pd.DataFrame) -> Iterator[bytes]:
    """What ``csv_bytes`` returns, block by block."""
    for first in range(0, max(len(frame), 1), BLOCK_ROWS):
        safe = frame[first : first + BLOCK_ROWS].copy()
        for name in safe.select_dtypes(include=["object", "str"]):
            safe[name] = safe[name].map(_safe)
        text: str = safe.to_csv(
            index=False, header=not first, float_format="%.6g", lineterminator="\n"
        )
        yield text.encode()


def _safe(value: object) -> object:
    return escape_formula(value) if isinstance(value, str) else value
