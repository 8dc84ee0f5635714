"""Parameters of trained models as bytes in the store, as a file, and as text in a question.

They are float32 numbers. Nothing that is read here can run anything: no pickle.
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
"""The name of the file."""
KIND = np.dtype("<f4")
"""The type of a number."""
ZIP = b"PK"
"""The first bytes of a ZIP file."""


@dataclass(frozen=True)
class WeightsKey:
    """Says what weights are those of: a model of a run after so many optimiser steps."""

    cell: str
    length: int
    seed: int
    learning_rate: float
    step: int

    def __str__(self) -> str:
        """Returns the name in a file; none of the values has a space in it."""
        return (
            f"{self.cell} length={self.length} seed={self.seed} "
            f"learning_rate={self.learning_rate!r} step={self.step}"
        )

    @classmethod
    def parse(cls, name: str) -> WeightsKey:
        """Reads what ``str`` made. Raises ValueError on anything else."""
        cell, *fields = name.split(" ")
        numbers = dict(field.split("=", 1) for field in fields)
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


def to_npz(weights: Mapping[WeightsKey, np.ndarray]) -> bytes:
    """Returns ``weights.npz``: one array a model, (P,), compressed."""
    buffer = io.BytesIO()
    arrays = {str(model): np.asarray(values, KIND) for model, values in weights.items()}
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def from_npz(content: bytes) -> dict[WeightsKey, np.ndarray]:
    """Reads what ``to_npz`` made. Raises ValueError on anything else."""
    try:
        if not content.startswith(ZIP):
            raise ValueError("not a ZIP of arrays")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {WeightsKey.parse(name): _vector(file[name]) for name in file.files}
    except (ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{FILE} is not what this project writes: {error}") from error


def to_base64(parameters: np.ndarray) -> str:
    """Returns parameters (P,) as text."""
    return base64.b64encode(np.asarray(parameters, KIND).tobytes()).decode()


def from_base64(text: str) -> np.ndarray:
    """Reads what ``to_base64`` made, (P,). Raises ValueError on anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64 ({error})") from error
    return from_bytes(data)


def from_bytes(data: bytes) -> np.ndarray:
    """Reads float32 numbers, (P,). Raises ValueError where there is not a whole number of them."""
    return np.frombuffer(data, KIND).astype(np.float32)


def _vector(values: np.ndarray) -> np.ndarray:
    if values.dtype != KIND or values.ndim != 1:
        raise ValueError(f"expected float32 numbers in a row, not {values.dtype}{values.shape}")
    return values
