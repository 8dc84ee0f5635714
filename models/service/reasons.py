"""Why something failed, in words for people."""

from __future__ import annotations

from models.experiment import ExperimentError
from models.experiment.cost import LOWER

OUT_OF_MEMORY = ("DefaultCPUAllocator", "annot allocate memory", "out of memory", "bad_alloc")
"""What PyTorch says of it, in a RuntimeError like any other."""
TOO_LARGE = f"not enough memory for these settings: {LOWER}"


def reason(error: Exception) -> str:
    """Why a task failed, for people."""
    out_of_memory = any(sign in str(error) for sign in OUT_OF_MEMORY)
    if isinstance(error, MemoryError) or out_of_memory:
        return TOO_LARGE
    # These are worded for people; of any other, its name may say more than its message.
    worded = isinstance(error, (ExperimentError, RuntimeError))
    return str(error) if worded else f"{type(error).__name__}: {error}"
