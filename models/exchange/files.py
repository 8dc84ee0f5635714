"""Writes results as files: tables beside experiment.json, in a folder or a ZIP.

Reads those of this project; ``import_files`` reads those of anybody.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from models.analysis.memory_span import memory_spans
from models.analysis.paired import paired_differences
from models.analysis.schema import MODEL_COLUMNS, TABLES, in_order, no_rows
from models.analysis.statistics import result_table, select_learning_rate
from models.exchange.bounded_zip import DAMAGED
from models.exchange.csv_reading import without_mark
from models.exchange.csv_writing import csv_bytes
from models.exchange.parquet_tables import begins_as_ours
from models.exchange.table_files import (
    FORMATS,
    TABLE_FILES,
    TableFormat,
    blocks_of,
    read_blocks,
)
from models.experiment import Experiment
from models.store import Store
from models.store.labels import NO_LABELS, Labels
from models.store.run import Run
from models.training.weights import FILE as WEIGHTS
from models.training.weights import WeightsKey, from_npz, to_npz

ALWAYS = ("accuracy", "training", "gradients")
"""The tables that are written even when they have no rows."""
EXPERIMENT = "experiment.json"
LABELS = "labels"
"""What experiment.json has name, notes and tags under."""
NAMES = (EXPERIMENT, *TABLE_FILES, WEIGHTS)
"""The files that an export may consist of; a table is there in one format."""


@dataclass(frozen=True)
class Results:
    """A run with all that it measured."""

    run: str
    experiment: Experiment
    environment: Mapping[str, str]
    """Where and when the run was trained, and how it ended."""
    tables: Mapping[str, pd.DataFrame]
    """The tables by name, rows in order: the same experiment gives the same tables."""
    weights: Mapping[WeightsKey, np.ndarray] = field(default_factory=dict)
    """The parameters (P,), float32, of the models whose weights were kept."""
    labels: Labels = NO_LABELS
    """What people have written on the run."""

    @property
    def accuracy(self) -> pd.DataFrame:
        """Returns the table of held-out accuracy, of several learning rates the best validated."""
        return self.selected("accuracy")

    def selected(self, name: str) -> pd.DataFrame:
        """Returns a table of models, of several learning rates with the best validated alone."""
        return select_learning_rate(self.tables[name], self.tables["validation"])

    def summary(self) -> pd.DataFrame:
        """Returns one row per cell and length, over its seeds: see ``statistics.result_table``."""
        return result_table(self.accuracy)

    def memory_spans(self) -> pd.DataFrame:
        """Returns one row per cell, with its interval: see ``models.analysis.memory_span``."""
        return memory_spans(self.accuracy)

    def paired_differences(self) -> pd.DataFrame:
        """Returns one row per further cell and length: see ``models.analysis.paired``."""
        return paired_differences(self.accuracy)

    def save(self, path: str | Path, tables: TableFormat = "csv") -> None:
        """Writes tables, experiment.json and weights into a folder, or a ZIP if named so."""
        write(self, Path(path), tables)


def from_store(
    store: Store, run_id: str, tables: Collection[str] = tuple(TABLES), weights: bool = True
) -> Results:
    """Returns what a run of the store has measured, or some of its tables.

    Raises UnknownRunError.
    """
    stored = store.run(run_id)
    when = {"created": stored.created.isoformat(timespec="seconds"), "status": stored.status}
    return Results(
        run_id,
        stored.experiment,
        {**stored.environment, **when},
        {name: _table(store, stored, name) for name in tables},
        _weights(store, stored) if weights else {},
        stored.labels,
    )


def export(store: Store, run_id: str, name: str, path: Path) -> None:
    """Writes one file of a run's export, see ``write_file``, and reads no more than it has.

    Raises UnknownRunError, OSError.
    """
    whole = _is_zip(Path(name))
    tables = [table for table in TABLES if whole or Path(name).stem == table]
    write_file(from_store(store, run_id, tables, weights=whole), name, path)


def _weights(store: Store, run: Run) -> dict[WeightsKey, np.ndarray]:
    kept = in_order(store.weights(run.id), run.experiment)[[one.name for one in fields(WeightsKey)]]
    return {
        WeightsKey(*row): store.parameters(run.id, *row[:-1])
        for row in kept.itertuples(index=False)
    }


def _table(store: Store, run: Run, name: str) -> pd.DataFrame:
    rows = store.profiles(run.id) if name == "gradients" else store.read(run.id, name)[0]
    return in_order(rows, run.experiment)


def csv_tables(results: Results) -> dict[str, bytes]:
    """Returns the CSVs of results by file name: those with rows, and those of ALWAYS."""
    return {f"{name}.csv": table_bytes(name, rows) for name, rows in _written_tables(results)}


def table_bytes(name: str, rows: pd.DataFrame) -> bytes:
    """Returns a table of results as CSV, with the columns of its schema."""
    return csv_bytes(rows[list(TABLES[name])])


def _written_tables(results: Results) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, columns in TABLES.items():
        rows = results.tables.get(name, pd.DataFrame(columns=list(columns)))
        if len(rows) or name in ALWAYS:
            yield name, rows


def experiment_bytes(results: Results) -> bytes:
    """Returns ``experiment.json``: what was run, where and when. CSVs need it to be opened."""
    description = {
        "run": results.run,
        "experiment": asdict(results.experiment),
        "environment": dict(results.environment),
        **({LABELS: labels} if (labels := results.labels.as_mapping()) else {}),
    }
    return json.dumps(description, indent=2).encode()


def all_files(results: Results, tables: TableFormat = "csv") -> dict[str, bytes]:
    """Returns the files of an export by name: experiment.json, tables, and weights.npz if any."""
    return {name: b"".join(blocks) for name, blocks in _files(results, tables)}


def zip_bytes(results: Results, tables: TableFormat = "csv") -> bytes:
    """Returns the files of an export in one ZIP."""
    buffer = io.BytesIO()
    _write_zip(results, buffer, tables)
    return buffer.getvalue()


def write_file(results: Results, name: str, path: Path) -> None:
    """Writes one of NAMES, or all in a ZIP where the name ends so, block by block.

    Raises OSError.
    """
    if _is_zip(Path(name)):
        with path.open("wb") as file:
            _write_zip(results, file, "csv")
    elif name == EXPERIMENT:
        path.write_bytes(experiment_bytes(results))
    else:
        table = Path(name).stem
        with path.open("wb") as file:
            file.writelines(blocks_of(results.tables[table][list(TABLES[table])], name))


def _write_zip(results: Results, file: IO[bytes], tables: TableFormat) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, blocks in _files(results, tables):
            with archive.open(name, "w") as one:
                for block in blocks:
                    one.write(block)


def _files(results: Results, tables: TableFormat) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The files of an export, each block by block."""
    yield EXPERIMENT, [experiment_bytes(results)]
    for name, rows in _written_tables(results):
        file = f"{name}.{tables}"
        yield file, blocks_of(rows[list(TABLES[name])], file)
    if results.weights:
        yield WEIGHTS, [to_npz(results.weights)]


def write(results: Results, path: Path, tables: TableFormat = "csv") -> str | None:
    """Exports a run into a folder, or a ZIP where the name ends so, whole or not at all.

    Everything is written beside its place and then moved there. An export that was there before is
    replaced, and the id of its run returned; no other file is touched. Raises OSError.
    """
    check_writable(path)
    before = exported_run(path)
    if _is_zip(path):
        with _staged({path.name: zip_bytes(results, tables)}, path.parent) as staged:
            os.replace(staged / path.name, path)
        return before
    files = all_files(results, tables)
    with _staged(files, path) as staged:
        # Without experiment.json a folder is no export: it goes first and comes last.
        for name in NAMES:
            (path / name).unlink(missing_ok=True)
        for name in sorted(files, key=EXPERIMENT.__eq__):
            os.replace(staged / name, path / name)
    return before


def check_writable(path: Path) -> None:
    """Makes the folder that ``write`` writes into. Raises OSError where ``write`` would.

    Where a file is in the way that no export has written, that is FileExistsError.
    """
    folder = path.parent if _is_zip(path) else path
    folder.mkdir(parents=True, exist_ok=True)
    if _is_zip(path) and path.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    for file in [path] if _is_zip(path) else [path / name for name in NAMES]:
        if os.path.lexists(file) and not _is_exported(file):
            raise FileExistsError(
                f"{file.name} is there already, and no export of a run has written it: move it "
                "away, or give another place"
            )
    with tempfile.TemporaryFile(dir=folder):
        pass


def exported_run(path: Path) -> str | None:
    """Returns the id of the run whose export this folder or ZIP is; None where it is none."""
    try:
        run = json.loads(_content(path, EXPERIMENT))["run"]
    except (*DAMAGED, KeyError, TypeError):
        return None
    return run if isinstance(run, str) else None


def read(path: Path) -> Results:
    """Reads a folder or a ZIP that ``write`` made. Raises FileNotFoundError, ValueError."""
    if _is_zip(path):
        with zipfile.ZipFile(path) as archive:
            return _parsed(set(archive.namelist()), archive.read)
    names = {file.name for file in path.iterdir()}
    return _parsed(names, lambda name: (path / name).read_bytes())


def _parsed(names: set[str], content: Callable[[str], bytes]) -> Results:
    description = json.loads(content(EXPERIMENT))
    tables = {name: _read_table(name, names, content) for name in TABLES}
    experiment = Experiment.from_results(description["experiment"])
    weights = from_npz(content(WEIGHTS)) if WEIGHTS in names else {}
    labels = Labels.from_mapping(description.get(LABELS, {}))
    environment = description["environment"]
    return Results(description["run"], experiment, environment, tables, weights, labels)


def _read_table(name: str, names: set[str], content: Callable[[str], bytes]) -> pd.DataFrame:
    for file in (f"{name}.{kind}" for kind in FORMATS):
        if file in names:
            parts = [rows for rows, _ in read_blocks(file, io.BytesIO(content(file)))]
            return pd.concat(parts, ignore_index=True) if parts else no_rows(name)
    return no_rows(name)


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _content(path: Path, name: str) -> bytes:
    """Of one file of an export."""
    if not _is_zip(path):
        return (path / name).read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def _is_exported(file: Path) -> bool:
    """Whether a ZIP, or a file of one of NAMES, begins as this project writes it."""
    if not file.is_file():  # whoever opens a FIFO waits for ever
        return False
    if _is_zip(file) or file.name == EXPERIMENT:
        return exported_run(file if _is_zip(file) else file.parent) is not None
    try:
        if file.suffix == ".parquet":
            with file.open("rb") as rows:
                return begins_as_ours(rows, MODEL_COLUMNS)
        if file.suffix == ".csv":
            with file.open("rb") as rows:
                return without_mark(rows.read(100)).startswith(",".join(MODEL_COLUMNS).encode())
        with zipfile.ZipFile(file) as archive:
            return all(WeightsKey.parse(Path(name).stem) for name in archive.namelist())
    except DAMAGED:
        return False


@contextmanager
def _staged(files: Mapping[str, bytes], folder: Path) -> Iterator[Path]:
    """These files in a hidden folder of this folder, on the disk; in the end it is gone."""
    with tempfile.TemporaryDirectory(prefix=".memory-lab-", dir=folder) as name:
        for file, content in files.items():
            with (Path(name) / file).open("wb") as written:
                written.write(content)
                written.flush()
                os.fsync(written.fileno())
        yield Path(name)
