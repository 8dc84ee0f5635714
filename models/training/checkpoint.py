"""A population's training as it stands, to go on later as if nothing had come between."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

STREAMS = "streams"
ZIP = b"PK"


@dataclass(frozen=True)
class Checkpoint:
    """All that the next optimiser step depends on: whoever continues from here gets the same bits.

    As bytes it is a ZIP of arrays, with the states of the generators as JSON; reading one cannot
    run code.
    """

    step: int
    """Optimiser steps done."""
    arrays: Mapping[str, np.ndarray]
    """Parameters, the optimiser's moments, running statistics, who has diverged."""
    streams: Mapping[str, Mapping[str, Any]]
    """States of the generators that training sequences come from."""

    def to_bytes(self) -> bytes:
        description = json.dumps({"step": self.step, "streams": self.streams}).encode()
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {STREAMS: np.frombuffer(description, np.uint8), **self.arrays}
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Checkpoint:
        """Raises ValueError on anything but what ``to_bytes`` made."""
        try:
            if not content.startswith(ZIP):
                raise ValueError("not a ZIP of arrays")
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            description = json.loads(arrays.pop(STREAMS).tobytes())
            return cls(description["step"], arrays, description["streams"])
        except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"not a checkpoint: {error}") from error
