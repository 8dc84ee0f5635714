"""Results from files that anybody may have made: checked in every respect before they are used.

Everything is read in memory and up to a limit; nothing in it can run, and nothing is written.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from models.analysis.schema import TABLES, in_order, no_rows
from models.exchange.bounded_zip import ZipError, unzipped
from models.exchange.csv_reading import TableError, read_table
from models.exchange.files import EXPERIMENT, NAMES, Results
from models.exchange.plausibility import checked
from models.experiment import Experiment, ExperimentError
from models.settings import strict_json
from models.settings.quoting import quoted
from models.store.tables import RUN_LENGTH
from models.training.weights import FILE as WEIGHTS
from models.training.weights import KIND, TrainedModelKey, from_bytes

MOST_PACKED = 50 * 10**6
"""Bytes of a ZIP."""
MOST_BYTES = 200 * 10**6
"""Of all files together, unpacked."""
MOST_WEIGHTS = 250 * 10**6
"""Of the arrays in weights.npz, unpacked. Weights of trained models hardly get smaller in a ZIP."""
MOST_FILES = 100
"""That are looked at, to name the first that is none of NAMES."""
MOST_JSON = 10**6
"""Bytes of experiment.json."""
EXPERIMENT_KEYS = {"run", "experiment", "environment"}
"""What experiment.json says."""
OF_DESKTOP = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files and folders that desktops put among one's own."""
OF_MAC = "._"
"""What the files begin with in which a Mac keeps what it knows of others."""
LONGEST_TEXT = 200
MOST_TEXTS = 50
"""Of the environment."""
ARRAY = ".npy"


class ImportedError(ValueError):
    """Results that cannot be opened; the message says why and what to do, in one line."""


def from_zip(content: bytes) -> Results:
    """Results from a ZIP as ``files.write`` makes it. Raises ImportedError."""
    if len(content) > MOST_PACKED:
        raise ImportedError(f"this file is larger than {MOST_PACKED / 10**6:g} MB")
    try:
        files = unzipped(content, MOST_FILES, MOST_BYTES)
    except ZipError as error:
        raise ImportedError(f"this file cannot be opened: {error}") from error
    return from_files(files)


def from_files(files: Mapping[str, bytes]) -> Results:
    """Results from the files of such a ZIP by name. Raises ImportedError.

    They may all lie in one folder, and what desktops add of their own is passed over.
    """
    files = _own(files)
    if unknown := [name for name in files if name not in NAMES]:
        raise ImportedError(f"{quoted(unknown[0])} is no file of results: {', '.join(NAMES)} are")
    if sum(len(content) for content in files.values()) > MOST_BYTES:
        raise ImportedError(f"these files are larger than {MOST_BYTES / 10**6:g} MB together")
    if EXPERIMENT not in files:
        raise ImportedError(
            f"{EXPERIMENT} is missing: add it, it lies beside the CSVs in the ZIP of a run"
        )
    run, experiment, environment = _told(files[EXPERIMENT])
    try:
        tables = {
            name: in_order(checked(name, read_table(name, content), run, experiment), experiment)
            if (content := files.get(f"{name}.csv")) is not None
            else no_rows(name)
            for name in TABLES
        }
    except TableError as error:
        raise ImportedError(str(error)) from error
    weights = _weights(files[WEIGHTS], experiment) if WEIGHTS in files else {}
    return Results(run, experiment, environment, tables, weights)


def _own(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files without the one folder that they are in, and without those of a desktop."""
    paths = {PurePosixPath(name): content for name, content in files.items()}
    own = {path: content for path, content in paths.items() if not _is_of_desktop(path)}
    if len(folders := {path.parent for path in own}) > 1:
        names = ", ".join(quoted(str(folder)) for folder in sorted(folders)[:2])
        raise ImportedError(f"these files lie in several folders, {names}: give those of one run")
    return {path.name: content for path, content in own.items()}


def _is_of_desktop(path: PurePosixPath) -> bool:
    return bool(OF_DESKTOP.intersection(path.parts)) or path.name.startswith(OF_MAC)


def _told(content: bytes) -> tuple[str, Experiment, dict[str, str]]:
    """The run, its experiment and its environment."""
    if len(content) > MOST_JSON:
        raise ImportedError(f"{EXPERIMENT} is larger than {MOST_JSON / 10**6:g} MB")
    try:
        description = strict_json.parsed(content)
    except ValueError as error:
        raise ImportedError(f"{EXPERIMENT}: {error}") from error
    if not isinstance(description, dict) or set(description) != EXPERIMENT_KEYS:
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
    except ExperimentError as error:
        raise ImportedError(f"{EXPERIMENT}: {error}") from error
    return description["run"], experiment, _environment(description["environment"])


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


def _weights(content: bytes, experiment: Experiment) -> dict[TrainedModelKey, np.ndarray]:
    """The parameters of kept models, in the order of the file."""
    rates, lengths = experiment.learning_rate, experiment.lengths
    kept = len(experiment.cells) * len(lengths) * len(experiment.kept_seeds) * len(rates)
    sizes = {
        cell: experiment.parameter_count(cell, hidden)
        for cell, hidden in experiment.hidden_sizes().items()
    }
    try:
        # A header is some hundred bytes long.
        most = kept * (max(sizes.values()) * KIND.itemsize + 1000)
        arrays = unzipped(content, kept, min(most, MOST_WEIGHTS))
        weights = {_model(name, experiment): arrays.pop(name) for name in list(arrays)}
        found = {
            model: _parameters(model, weights.pop(model), sizes[model.cell])
            for model in list(weights)
        }
    except ZipError as error:
        raise ImportedError(f"{WEIGHTS}: {error}") from error
    identities = {(one.cell, one.length, one.seed, one.learning_rate) for one in found}
    if len(identities) < len(found):
        raise ImportedError(f"{WEIGHTS} has a model twice")
    return found


def _model(name: str, experiment: Experiment) -> TrainedModelKey:
    """The model that an array's name says, one whose parameters the experiment keeps."""
    try:
        model = TrainedModelKey.parse(name.removesuffix(ARRAY))
    except ValueError:
        model = None
    if model is None or f"{model}{ARRAY}" != name:
        raise ImportedError(f"{WEIGHTS}: {quoted(name)} does not say which model it is")
    known = (
        model.cell in experiment.cells
        and model.length in experiment.lengths
        and model.seed in experiment.kept_seeds
        and model.learning_rate in experiment.learning_rate
        and 0 <= model.step <= experiment.steps
    )
    if not known:
        raise ImportedError(f"{WEIGHTS}: {quoted(name)} is no model that the experiment keeps")
    return model


def _parameters(model: TrainedModelKey, array: bytes, size: int) -> np.ndarray:
    """(P,) from a .npy file, which has to begin as numpy begins one of so many numbers."""
    description = io.BytesIO()
    wanted = {"descr": KIND.str, "fortran_order": False, "shape": (size,)}
    np.lib.format.write_array_header_1_0(description, wanted)
    header = description.getvalue()
    if not array.startswith(header) or len(array) != len(header) + size * KIND.itemsize:
        raise ImportedError(
            f"{WEIGHTS}: {quoted(str(model))} is not {size} numbers of the type float32"
        )
    return from_bytes(array[len(header) :])
