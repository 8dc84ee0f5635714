"""The kernels in a warm process: children compile them into the cache, from which it loads some.

So what compiling takes of memory is free again, and later children share what is loaded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from models.cells import CELLS
from models.kernels.cache import cache_folder, is_compiled, note_compiled
from models.kernels.version import COMPILED, kernels_on


def compile_kernels(cell: str) -> None:
    """Compiles what a cell needs; what is in the cache afterwards is loaded in milliseconds."""
    from models.diagnostics.compile_all import compile_cell  # numba is imported here

    deque(compile_cell(cell), maxlen=0)
    note_compiled(cell)


def load_kernels() -> Iterator[None]:
    """Loads the kernels of the plain cells, pausing after each, or compiles them without a cache.

    Those of others are loaded by the children that need them, in a tenth of a second each.
    """
    for cell in [cell for cell in _cells() if cell in CELLS]:
        from models.diagnostics.compile_all import compile_cell

        yield from compile_cell(cell)


def cells_to_compile() -> list[str]:
    """Returns for which cells ``compile_kernels`` has something to do, in their order."""
    cells = _cells()
    return [cell for cell in cells if not is_compiled(cell)] if cells and cache_folder() else []


def _cells() -> list[str]:
    """Cells by their machine code; none where the reference trains."""
    if kernels_on("cpu") != COMPILED:
        return []
    from models.diagnostics.compile_all import CELL_SPECS

    return list(CELL_SPECS)
