"""Compiling kernels with numba: machine code without the interpreter's lock, cached on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from llvmlite import binding

FLAGS = {"contract", "reassoc", "arcp", "nsz"}
"""What LLVM may do to floating-point operations. Nothing that assumes there is no NaN or infinity:
a model that diverges must be found."""

OPTIONS: Any = {"nogil": True, "fastmath": FLAGS, "error_model": "numpy"}

config: Any = numba.config

# A fused loop reads and writes a dozen arrays; LLVM checks that they do not overlap once, before
# the loop, but by default for no more than a few, and does not vectorise the others.
binding.set_option("", "-runtime-memory-check-threshold=256")


def compiled(function: Callable[..., Any]) -> Any:
    """Returns the function compiled at its first call, for the types of its arguments."""
    before, config.CACHE_DIR = config.CACHE_DIR, CACHE or ""
    try:
        return numba.njit(function, cache=CACHE is not None, **OPTIONS)
    finally:
        config.CACHE_DIR = before


def _cache_folder() -> str | None:
    """Where machine code is kept, by the sources it is made of; None where nothing can be written.

    numba itself looks at the file of a function alone, not at those that it calls.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    folder = home / "memory-lab" / f"kernels-{digest[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK) else None


CACHE = _cache_folder()
