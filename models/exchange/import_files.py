"""Opens exported results that anybody may have made: all of it is checked before it is used.

Files are read bit by bit and up to a limit; nothing in them can run, and nothing is written.
"""

from __future__ import annotations

import io
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from models.analysis.schema import TABLES
from models.exchange.bounded_zip import Source, ZipError, unzipped
from models.exchange.csv_reading import TableError
from models.exchange.files import EXPERIMENT, LABELS, NAMES
from models.exchange.table_check import TableCheck
from models.exchange.table_files import FORMATS, read_blocks
from models.experiment import Experiment, ExperimentError
from models.settings import strict
from models.settings.quoting import quoted
from models.store.labels import LabelError, Labels
from models.store.tables import RUN_LENGTH
from models.training.weights import FILE as WEIGHTS
from models.training.weights import KIND, WeightsKey

MOST_PACKED = 50 * 10**6
"""Bytes of a ZIP."""
MOST_BYTES = 200 * 10**6
"""Bytes of all files together, and of the arrays in weights.npz, all unpacked.

Weights of trained models hardly get smaller in a ZIP: 50 MB of them fit, once as they are packed
and once unpacked. So do tables of two million rows, six times the largest recorded example.
"""
MOST_FILES = 500
"""How many files a ZIP may hold, and so how many runs an export: one open file each."""
MOST_JSON = 10**6
"""Bytes of experiment.json."""
EXPERIMENT_KEYS = {"run", "experiment", "environment"}
"""What experiment.json says; where somebody has written on the run, LABELS as well."""
OF_DESKTOP = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files and folders that desktops put among one's own."""
OF_MAC = "._"
"""What the files begin with in which a Mac keeps what it knows of others."""
LONGEST_TEXT = 200
MOST_TEXTS = 50
"""How many texts the environment has at most, and of how many characters."""
ARRAY = ".npy"


class ImportedError(ValueError):
    """Results that cannot be opened; the message says why and what to do, in one line."""


@dataclass(frozen=True)
class Export:
    """Exported results; tables and weights are read and checked anew whenever asked for."""

    run: str
    experiment: Experiment
    environment: Mapping[str, str]
    labels: Labels
    sources: Mapping[str, Source]
    """The files by name."""

    @property
    def finished(self) -> bool:
        """Whether the run had finished, by its own account."""
        return self.environment.get("status") == "finished"

    def checks(self) -> dict[str, TableCheck]:
        """Returns new checks of the tables by name, for ``tables``."""
        return {name: TableCheck(self._file(name), self.run, self.experiment) for name in TABLES}

    def tables(self, checks: Mapping[str, TableCheck]) -> Iterator[tuple[str, pd.DataFrame]]:
        """Reads the rows of all tables, some thousand at a time, each with its table's name.

        The ``checks`` know afterwards what is missing. Raises ImportedError.
        """
        for name in TABLES:
            if source := self.sources.get(file := self._file(name)):
                with refusing(), source.open() as content:
                    for rows in checks[name].checked(read_blocks(file, content)):
                        yield name, rows

    def _file(self, table: str) -> str:
        """The file that holds a table, or would if it were there."""
        files = [f"{table}.{kind}" for kind in FORMATS]
        return next((file for file in files if file in self.sources), files[0])

    def weights(self) -> Iterator[tuple[WeightsKey, bytes]]:
        """Reads the parameters (P,) of kept models as float32 numbers, one model at a time.

        Raises ImportedError.
        """
        if WEIGHTS not in self.sources:
            return
        experiment, found = self.experiment, set()
        sizes = {
            cell: experiment.parameter_count(cell, hidden)
            for cell, hidden in experiment.hidden_sizes().items()
        }
        seeds = len(experiment.kept_seeds) * len(experiment.learning_rate)
        kept = len(experiment.cells) * len(experiment.lengths) * seeds
        beside = sum(source.size for source in self.sources.values())
        with refusing(WEIGHTS), tempfile.SpooledTemporaryFile(2**20) as file:
            with self.sources[WEIGHTS].open() as packed:
                shutil.copyfileobj(packed, file)
            file.seek(0)
            for name, array in unzipped(file, kept, MOST_BYTES, beside).items():
                model = _model(name, experiment, self.finished)
                if (one := (model.cell, model.length, model.seed, model.learning_rate)) in found:
                    raise ImportedError(f"{WEIGHTS} has a model twice")
                found.add(one)
                yield model, _parameters(model, array, sizes[model.cell])


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[Export]:
    """Opens a ZIP as ``files.write`` makes it, or the files that are in one. Raises ImportedError.

    They may all lie in one folder, and what desktops add of their own is passed over.
    """
    zips = [path for path in paths if is_zip(path)]
    if zips and len(paths) > 1:
        raise ImportedError("give one ZIP, or the files of one run")
    with ExitStack() as stack:
        with refusing():
            sources = {path.name: _on_disk(path) for path in paths}
            if len(sources) < len(paths):
                raise ImportedError("two files have the same name: give the files of one run")
            if len(paths) == 1 and paths[0].name not in NAMES:
                sources = unpacked(paths[0], stack)
            export = from_sources(sources)
        yield export


def unpacked(path: Path, stack: ExitStack) -> dict[str, Source]:
    """The files in a ZIP, which stays open with the ``stack``. Raises ImportedError, ZipError."""
    packed = _on_disk(path)
    if packed.size > MOST_PACKED:
        raise ImportedError(f"this file is larger than {MOST_PACKED / 10**6:g} MB")
    return unzipped(stack.enter_context(packed.open()), MOST_FILES, MOST_BYTES)


def is_zip(path: PurePath) -> bool:
    """Whether a file is named as a ZIP."""
    return path.suffix.lower() == ".zip"


def from_sources(sources: Mapping[str, Source]) -> Export:
    """Opens the files of an export by name. Raises ImportedError."""
    own = own_files(sources)
    if len(folders := {path.parent for path in own}) > 1:
        names = ", ".join(quoted(str(folder)) for folder in sorted(folders)[:2])
        raise ImportedError(f"these files lie in several folders, {names}: give those of one run")
    files = {path.name: source for path, source in own.items()}
    if unknown := [name for name in files if name not in NAMES]:
        raise ImportedError(f"{quoted(unknown[0])} is no file of results: {', '.join(NAMES)} are")
    if sum(source.size for source in files.values()) > MOST_BYTES:
        raise ImportedError(f"these files are larger than {MOST_BYTES / 10**6:g} MB together")
    for name in TABLES:
        if len(twice := [file for kind in FORMATS if (file := f"{name}.{kind}") in files]) > 1:
            raise ImportedError(f"{' and '.join(twice)} are the same table: give one of them")
    if EXPERIMENT not in files:
        raise ImportedError(
            f"{EXPERIMENT} is missing: add it, it lies beside the CSVs in the ZIP of a run"
        )
    return Export(*_described(files[EXPERIMENT]), files)


def _on_disk(path: Path) -> Source:
    """A plain file; anything else might have no end, or keep us waiting for ever."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ImportedError(
            f"{quoted(path.name)} is no plain file: give the folder or the ZIP of an export"
        )
    return Source(found.st_size, lambda: path.open("rb"))


@contextmanager
def refusing(what: str = "this file cannot be opened") -> Iterator[None]:
    """Whatever is wrong with files is an ImportedError; ``what`` says which ZIP is damaged."""
    try:
        yield
    except ZipError as error:
        raise ImportedError(f"{what}: {error}") from error
    except TableError as error:
        raise ImportedError(str(error)) from error
    except OSError as error:
        raise ImportedError(f"the files cannot be read: {error.strerror or error}") from error


def own_files(files: Mapping[str, Source]) -> dict[PurePosixPath, Source]:
    """The files by their paths, without those that desktops put among them."""
    paths = {PurePosixPath(name): source for name, source in files.items()}
    return {path: source for path, source in paths.items() if not _is_of_desktop(path)}


def _is_of_desktop(path: PurePosixPath) -> bool:
    return bool(OF_DESKTOP.intersection(path.parts)) or path.name.startswith(OF_MAC)


def _described(source: Source) -> tuple[str, Experiment, dict[str, str], Labels]:
    """The run, its experiment, its environment and what people have written on it."""
    with source.open() as file:
        content = file.read(MOST_JSON + 1)
    if len(content) > MOST_JSON:
        raise ImportedError(f"{EXPERIMENT} is larger than {MOST_JSON / 10**6:g} MB")
    try:
        description = strict.json_value(content)
    except ValueError as error:
        raise ImportedError(f"{EXPERIMENT}: {error}") from error
    if not isinstance(description, dict) or set(description) - {LABELS} != EXPERIMENT_KEYS:
        raise ImportedError(
            f"{EXPERIMENT} is not the one of a run: it holds {', '.join(sorted(EXPERIMENT_KEYS))}"
        )
    if not _is_text(description["run"], RUN_LENGTH):
        raise ImportedError(
            f"{EXPERIMENT}: run is {quoted(description['run'])}, expected a name of at most "
            f"{RUN_LENGTH} characters"
        )
    try:
        experiment = Experiment.from_results(description["experiment"])
        labels = Labels.from_mapping(description.get(LABELS, {}))
    except (ExperimentError, LabelError) as error:
        raise ImportedError(f"{EXPERIMENT}: {error}") from error
    return description["run"], experiment, _environment(description["environment"]), labels


def _environment(description: Any) -> dict[str, str]:
    if not isinstance(description, dict) or len(description) > MOST_TEXTS:
        raise ImportedError(
            f"{EXPERIMENT}: environment is not one, expected at most {MOST_TEXTS} texts by name"
        )
    for name, text in description.items():
        if not (_is_text(name, LONGEST_TEXT) and _is_text(text, LONGEST_TEXT, empty=True)):
            raise ImportedError(
                f"{EXPERIMENT}: environment has {quoted(name)} as {quoted(text)}, expected a text "
                f"of at most {LONGEST_TEXT} characters"
            )
    return description


def _is_text(value: object, longest: int, empty: bool = False) -> bool:
    """One line that can be shown."""
    if not isinstance(value, str):
        return False
    return value.isprintable() and len(value) <= longest and (empty or bool(value))


def _model(name: str, experiment: Experiment, finished: bool) -> WeightsKey:
    """The model that an array's name says, one whose parameters the experiment keeps, and when."""
    try:
        model = WeightsKey.parse(name.removesuffix(ARRAY))
    except ValueError:
        model = None
    if model is None or f"{model}{ARRAY}" != name:
        raise ImportedError(f"{WEIGHTS}: {quoted(name)} does not say which model it is")
    known = (
        model.cell in experiment.cells
        and model.length in experiment.lengths
        and model.seed in experiment.kept_seeds
        and model.learning_rate in experiment.learning_rate
        and (experiment.steps if finished else 0) <= model.step <= experiment.steps
    )
    if not known:
        raise ImportedError(f"{WEIGHTS}: {quoted(name)} is no model that the experiment keeps")
    return model


def _parameters(model: WeightsKey, array: Source, size: int) -> bytes:
    """(P,) from a .npy file, which has to begin as numpy begins one of so many numbers."""
    described = io.BytesIO()
    wanted = {"descr": KIND.str, "fortran_order": False, "shape": (size,)}
    np.lib.format.write_array_header_1_0(described, wanted)
    header, numbers = described.getvalue(), size * KIND.itemsize
    if array.size == len(header) + numbers:
        with array.open() as file:
            if file.read(len(header)) == header:
                return file.read(numbers)
    raise ImportedError(
        f"{WEIGHTS}: {quoted(str(model))} is not {size} numbers of the type float32"
    )
