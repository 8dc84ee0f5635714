"""Where a run took place."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from models.settings import __version__


def environment(kernels: str) -> dict[str, str]:
    """Versions and machine, without importing torch; ``kernels`` are those that train."""
    return {
        "memory_lab": __version__,
        "kernels": kernels,
        "python": platform.python_version(),
        "torch": version("torch"),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count() or 1),
    }
