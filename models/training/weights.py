"""Parameters of trained models, as bytes: in the store, in a file, and as text in a question.

Plain float32 numbers. Nothing that is read here can run anything: no pickle.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

FILE = "weights.npz"
KIND = np.dtype("<f4")
ZIP = b"PK"


@dataclass(frozen=True)
class TrainedModelKey:
    """Which model of a run, and after how many optimiser steps."""

    cell: str
    length: int
    seed: int
    learning_rate: float
    step: int

    def __str__(self) -> str:
        """Its name in a file; spaces are in none of the parts."""
        return (
            f"{self.cell} length={self.length} seed={self.seed} "
            f"learning_rate={self.learning_rate!r} step={self.step}"
        )

    @classmethod
    def parse(cls, name: str) -> TrainedModelKey:
        """Raises ValueError."""
        cell, *fields = name.split(" ")
        numbers = dict(part.split("=", 1) for part in fields)
        try:
            return cls(
                cell,
                int(numbers["length"]),
                int(numbers["seed"]),
                float(numbers["learning_rate"]),
                int(numbers["step"]),
            )
        except KeyError as error:
            raise ValueError(f"{name!r} does not say which model it is: no {error}") from error


def packed(weights: Mapping[TrainedModelKey, np.ndarray]) -> bytes:
    """As ``weights.npz``: one array a model, (P,), compressed."""
    buffer = io.BytesIO()
    arrays = {str(model): np.asarray(values, KIND) for model, values in weights.items()}
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[TrainedModelKey, np.ndarray]:
    """What ``packed`` made. Raises ValueError on anything else."""
    try:
        if not content.startswith(ZIP):
            raise ValueError("not a ZIP of arrays")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {TrainedModelKey.parse(name): _vector(file[name]) for name in file.files}
    except (ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{FILE} is not what this project writes: {error}") from error


def encoded(parameters: np.ndarray) -> str:
    """As text, for a question."""
    return base64.b64encode(np.asarray(parameters, KIND).tobytes()).decode()


def decoded(text: str) -> np.ndarray:
    """What ``encoded`` made. Raises ValueError on anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64 ({error})") from error
    return from_bytes(data)


def from_bytes(data: bytes) -> np.ndarray:
    """(P,) from float32 numbers. Raises ValueError where they do not come out even."""
    return np.frombuffer(data, KIND).astype(np.float32)


def _vector(values: np.ndarray) -> np.ndarray:
    if values.dtype != KIND or values.ndim != 1:
        raise ValueError(f"expected float32 numbers in a row, not {values.dtype}{values.shape}")
    return values
