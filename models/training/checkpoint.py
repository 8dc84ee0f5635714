"""Checkpoints: a population's training between two optimiser steps, to continue from later."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

GENERATORS = "streams"
"""The name of the generators' states in the file, and of the array that describes it."""
ZIP = b"PK"
"""The first bytes of a ZIP file."""


@dataclass(frozen=True)
class Checkpoint:
    """All that the next optimiser step depends on: training continues from it to the same bits.

    As bytes it is a ZIP of arrays, with the states of the generators as JSON. Reading one cannot
    run code.
    """

    step: int
    """Optimiser steps done."""
    arrays: Mapping[str, np.ndarray]
    """Parameters, the optimiser's moments, running statistics, which models have not diverged."""
    generators: Sequence[Mapping[str, Any]]
    """The states of the generators that training sequences are drawn with, of each model."""

    def to_bytes(self) -> bytes:
        """Returns it as a file's content."""
        description = json.dumps({"step": self.step, GENERATORS: self.generators}).encode()
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {GENERATORS: np.frombuffer(description, np.uint8), **self.arrays}
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Checkpoint:
        """Reads what ``to_bytes`` made. Raises ValueError on anything else."""
        try:
            if not content.startswith(ZIP):
                raise ValueError("not a ZIP of arrays")
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            description = json.loads(arrays.pop(GENERATORS).tobytes())
            return cls(description["step"], arrays, description[GENERATORS])
        except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"not a checkpoint: {error}") from error
