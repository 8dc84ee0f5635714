"""Where compiled kernels are kept from one process to the next."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path


@cache
def cache_folder() -> str | None:
    """Returns the folder of this version's machine code; None where nothing can be written.

    It is named by the sources that the code is made of: numba itself looks at the file of a
    function alone, not at those that it calls.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        folder = home / "memory-lab" / f"kernels-{digest[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, or no home
        return None
    return str(folder) if os.access(folder, os.W_OK) else None
