"""Exported results as imports read them, all in memory."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from models.analysis.schema import TABLES, in_order, no_rows
from models.exchange import files
from models.exchange.bounded_zip import Source
from models.exchange.files import Results
from models.exchange.import_files import Export, from_sources, opened
from models.exchange.import_run import import_file
from models.store import Store
from models.training.weights import from_bytes


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of files by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def from_zip(content: bytes) -> Results:
    """Results from a ZIP. Raises ImportedError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.zip"
        path.write_bytes(content)
        with opened([path]) as export:
            return _read(export)


def from_files(contents: Mapping[str, bytes]) -> Results:
    """Results from files by name, whatever names these are. Raises ImportedError."""
    sources = {
        name: Source(len(content), partial(io.BytesIO, content))
        for name, content in contents.items()
    }
    return _read(from_sources(sources))


def store_results(store: Store, results: Results, visitor: str | None = None) -> str:
    """Exports results and imports them again; returns the id of the run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.zip"
        files.write(results, path)
        return import_file(store, [path], visitor)


def _read(export: Export) -> Results:
    parts = defaultdict(list)
    for name, rows in export.tables(export.checks()):
        parts[name].append(rows)
    tables = {
        name: in_order(pd.concat(parts[name], ignore_index=True), export.experiment)
        if parts[name]
        else no_rows(name)
        for name in TABLES
    }
    weights = {model: from_bytes(content) for model, content in export.weights()}
    environment = dict(export.environment)
    return Results(export.run, export.experiment, environment, tables, weights, export.labels)
