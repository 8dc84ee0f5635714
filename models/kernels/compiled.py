"""Compiling kernels with numba: machine code without the interpreter's lock, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import binding

from models.kernels.cache import cache_folder

FLAGS = {"contract", "reassoc", "arcp", "nsz"}
"""What LLVM may do to floating-point operations. Nothing that assumes there is no NaN or infinity:
a model that diverges must be found."""

OPTIONS: Any = {
    "nogil": True,
    "fastmath": FLAGS,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
    # A function that another calls would stand in the machine code twice, optimised in two ways:
    # which of them runs depends on whether the process has compiled it or found it in the cache,
    # and so would the last bit of what it computes.
    "forceinline": True,
}

config: Any = numba.config

# A fused loop reads and writes a dozen arrays; LLVM checks that they do not overlap once, before
# the loop, but by default for no more than a few, and does not vectorise the others.
binding.set_option("", "-runtime-memory-check-threshold=256")


def compiled(function: Callable[..., Any]) -> Any:
    """Returns the function compiled at its first call, for the types of its arguments."""
    before, config.CACHE_DIR = config.CACHE_DIR, cache_folder() or ""
    try:
        return numba.njit(function, cache=cache_folder() is not None, **OPTIONS)
    finally:
        config.CACHE_DIR = before
