"""Tables as Parquet: the columns and types of the schema, numbers in full precision.

pyarrow is imported where a table is written or read: it takes 40 MB that a trainer has no use for.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

import pandas as pd

from models.analysis.schema import COLUMN_TYPES, TABLES, TEXTS
from models.exchange.csv_reading import EXPECTED, TableError
from models.settings import spec
from models.settings.quoting import quoted
from models.tasks import TASKS

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 20_000
"""Rows that are made into a data frame at once."""
MOST_ROWS = 5 * 10**6
"""Rows of a table: repeated values take no room in a file, so that its size bounds nothing."""
MOST_BYTES = 200 * 10**6
"""Bytes of a table, unpacked, as its own directory says."""
LONGEST_TEXT = 1000
"""Characters of a text."""
IN_MEMORY = 2**20
"""Bytes of a file that are kept in memory while it is read."""


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Returns a table of results as Parquet, compressed with Zstandard."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {name: pa.array(frame[name], _kind(name)) for name in map(str, frame)}
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def read_blocks(name: str, file: IO[bytes]) -> Iterator[tuple[pd.DataFrame, int]]:
    """Reads the Parquet of the table ``name`` block by block: some rows, and the number of the
    first of them, from 1.

    A missing number is NaN; ``task`` is read as in ``csv_reading.read_blocks``. Raises TableError.
    """
    import pyarrow as pa
    from pyarrow import parquet

    texts = [column for column in TABLES[name] if column in TEXTS]
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        try:
            found = parquet.ParquetFile(copy, read_dictionary=texts)
            _check(name, found)
            row = 1
            for batch in found.iter_batches(BATCH_ROWS, columns=list(TABLES[name])):
                yield _frame(name, batch, row), row
                row += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{name}.parquet is not a Parquet table, or damaged") from error


def begins_as_ours(file: IO[bytes], columns: tuple[str, ...]) -> bool:
    """Whether this is a Parquet file whose first columns are these."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return tuple(parquet.read_schema(file).names[: len(columns)]) == columns
    except (pa.ArrowException, OSError):
        return False


def _kind(column: str) -> pa.DataType:
    import pyarrow as pa

    kinds = {"str": pa.string(), "bool": pa.bool_(), "int64": pa.int64(), "float64": pa.float64()}
    return kinds[COLUMN_TYPES.get(column, "float64")]


def _check(name: str, found: pa.parquet.ParquetFile) -> None:
    """Raises TableError where the columns or the size, by the file's directory, are others."""
    file, known, columns = f"{name}.parquet", TABLES[name], found.schema_arrow.names
    if missing := [column for column in known if column not in columns]:
        raise TableError(f"{file} has no column {missing[0]}: it needs {', '.join(known)}")
    if unknown := [column for column in columns if column not in known]:
        raise TableError(
            f"{file} has an unknown column {quoted(unknown[0])}: it has {', '.join(known)}"
        )
    if len(columns) > len(known):
        raise TableError(f"{file} has a column twice: it has {', '.join(known)}")
    groups = range(found.metadata.num_row_groups)
    unpacked = sum(found.metadata.row_group(group).total_byte_size for group in groups)
    if found.metadata.num_rows > MOST_ROWS or unpacked > MOST_BYTES:
        raise TableError(f"{file} is larger than {MOST_ROWS:,} rows or {MOST_BYTES // 10**6} MB")


def _frame(name: str, batch: pa.RecordBatch, first: int) -> pd.DataFrame:
    """The rows of a batch, of which the first has this number. Raises TableError."""
    columns = {column: _column(name, column, batch[column], first) for column in TABLES[name]}
    rows = pd.DataFrame(columns)
    tasks = {text: spec.from_results("task", text, TASKS) for text in rows["task"].unique()}
    return rows.assign(task=rows["task"].map(tasks).astype("str"))


def _column(name: str, column: str, values: pa.Array, first: int) -> pd.Series:
    import pyarrow as pa

    kind = COLUMN_TYPES.get(column, "float64")
    if isinstance(values, pa.DictionaryArray):
        texts = values.dictionary.to_pylist()
        if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts):
            raise TableError(
                f"{name}.parquet: {column} has no texts of at most {LONGEST_TEXT} characters"
            )
    try:
        typed = values.cast(_kind(column))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise TableError(
            f"{name}.parquet: {column} is of the type {values.type}, expected {EXPECTED[kind]}"
        ) from error
    if kind != "float64" and typed.null_count:
        missing = first + typed.is_null().to_pylist().index(True)
        raise TableError(f"{name}.parquet, row {missing}: {column} is missing")
    series: pd.Series = typed.to_pandas().astype(kind)
    return series
