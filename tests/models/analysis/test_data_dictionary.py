"""The data dictionary describes every column of every table, and no other."""

from __future__ import annotations

from models.analysis.data_dictionary import CONTENTS, data_dictionary
from models.analysis.schema import MODEL_COLUMNS, TABLES


def test_every_column_is_described_once() -> None:
    shared = [*MODEL_COLUMNS, "step"]
    expected = [("", name) for name in shared]
    expected += [
        (table, name) for table, names in TABLES.items() for name in names if name not in shared
    ]
    assert [(one.table, one.name) for one in data_dictionary()] == expected
    assert all(one.meaning for one in data_dictionary())
    assert list(CONTENTS) == list(TABLES)
