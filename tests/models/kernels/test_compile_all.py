"""What is compiled beforehand is all that any cell needs."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import numba
import pytest

from models.cells import CELLS, make_cell
from models.diagnostics.compile_all import CELL_SPECS
from models.kernels.kernel import Sizes
from models.population.compiled import KERNELS
from models.settings.spec import SpecError


def machine_code(text: str) -> tuple[str, ...]:
    """What numba compiles a cell's passes for."""
    cell = make_cell(text)
    kernel = KERNELS[cell.name](cell, Sizes(steps=2, inputs=3, hidden=2, sequences=2))
    return cell.name, *(str(numba.typeof(one)) for one in (kernel.buffers, kernel.sites))


@pytest.mark.parametrize("name", CELLS)
def test_every_variant_runs_in_code_that_is_compiled_beforehand(name: str) -> None:
    known = {machine_code(text) for text in CELL_SPECS}
    offered = [
        [f"{option.name}={value}" for value in option.values] for option in CELLS[name].options
    ]
    for chosen in product(*offered):
        with suppress(SpecError):  # options that do not go together
            assert machine_code(f"{name}:{','.join(chosen)}") in known, chosen
