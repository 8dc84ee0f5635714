"""Weights that are opened are those of the run, and no more than it has."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from models.exchange.files import EXPERIMENT, Results
from models.exchange.import_files import ImportedError
from models.experiment import Experiment
from models.training.weights import FILE as WEIGHTS
from models.training.weights import KIND, to_npz
from tests.imported import from_files, zipped


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()


NAME = "lstm length=3 seed=5 learning_rate=0.01 step=2.npy"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (NAME, npy(np.zeros(3, np.float32)), "is not [0-9]+ numbers of the type float32"),
        (NAME, npy(np.array([{}] * 99)), "is not [0-9]+ numbers of the type float32"),
        (NAME, b"", "is not [0-9]+ numbers of the type float32"),
        (NAME.replace("seed=5", "seed=6"), b"", "is no model that the experiment keeps"),
        (NAME.replace("step=2", "step=3"), b"", "is no model that the experiment keeps"),
        (NAME.replace("step=2", "step=1"), b"", "is no model that the experiment keeps"),
        (NAME.replace("lstm", "gru"), b"", "is no model that the experiment keeps"),
        (NAME.replace("0.01", "1e-2"), b"", "does not say which model it is"),
        (NAME.replace("3", "٣"), b"", "does not say which model it is"),
        ("weather.npy", b"", "does not say which model it is"),
    ],
)
def test_weights_of_another_model_are_refused(
    files: dict[str, bytes], name: str, array: bytes, message: str
) -> None:
    files[WEIGHTS] = zipped({name: array})
    with pytest.raises(ImportedError, match=f"^weights.npz: .*{message}"):
        from_files(files)


def test_weights_of_one_model_twice_are_refused(results: Results, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(files[WEIGHTS])) as archive:
        array = archive.read(NAME)
    told = json.loads(files[EXPERIMENT])
    told["environment"]["status"] = "stopped"
    files[EXPERIMENT] = json.dumps(told).encode()
    files[WEIGHTS] = zipped({NAME: array, NAME.replace("step=2", "step=1"): array})
    with pytest.raises(ImportedError, match=r"weights.npz has a model twice"):
        from_files(files)


def test_weights_of_a_model_that_diverged_come_back(
    results: Results, files: dict[str, bytes]
) -> None:
    model, parameters = next(iter(results.weights.items()))
    diverged = np.full_like(parameters, np.nan)
    files[WEIGHTS] = to_npz({model: diverged})
    assert np.isnan(from_files(files).weights[model]).all()


def test_a_bomb_does_not_go_off_in_memory(files: dict[str, bytes]) -> None:
    inner = zipped({NAME: b"0" * 10**8})
    tracemalloc.start()
    with pytest.raises(ImportedError, match=r"weights.npz: .* is not 100 numbers of the type"):
        from_files({EXPERIMENT: files[EXPERIMENT], WEIGHTS: inner})
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


def test_weights_that_unpack_to_more_than_a_run_has_are_refused_unread() -> None:
    """All weights are those that the experiment says, and zeros hardly take room in a ZIP."""
    experiment = {"task": "recall", "cells": ["lstm"], "lengths": [10], "seeds": 1}
    experiment |= {"steps": 1, "hidden_size": 4096, "learning_rate": [0.01]}
    told = {"run": "r", "experiment": experiment, "environment": {}}
    size = Experiment.from_mapping(experiment).parameter_count("lstm", 4096)
    buffer = io.BytesIO()
    described = {"descr": KIND.str, "fortran_order": False, "shape": (size,)}
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("lstm length=10 seed=0 learning_rate=0.01 step=1.npy", "w") as file,
    ):
        np.lib.format.write_array_header_1_0(file, described)
        for _ in range(16):
            file.write(bytes(size * KIND.itemsize // 16))
    files = {EXPERIMENT: json.dumps(told).encode(), WEIGHTS: buffer.getvalue()}
    tracemalloc.start()
    with pytest.raises(ImportedError, match=r"^weights.npz: unpacked it is larger than 200 MB$"):
        from_files(files)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
