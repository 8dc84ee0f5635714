"""Whatever a spec text is: one canonical text of the same meaning, or one clear line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.cells import CELLS, cell_title, make_cell
from models.settings.spec import SpecError, canonical, parse
from models.tasks import TASKS, make_task
from tests.properties.generated import assert_clear, on
from tests.properties.strategies import junk, nearly_specs, specs


def tried(
    kind: str, text: Any, registry: Mapping[str, Any], make: Callable[[str], object]
) -> str | None:
    try:
        shortest = canonical(kind, text, registry)
    except SpecError as error:
        assert_clear(error)
        return None
    assert canonical(kind, shortest, registry) == shortest
    assert parse(kind, shortest, registry) == parse(kind, text, registry)
    assert shortest.isascii()
    assert not any(sign.isspace() for sign in shortest)
    make(shortest)
    return shortest


@on("cell specs")
@given(st.one_of(specs(CELLS), nearly_specs(CELLS), nearly_specs(CELLS), junk))
def test_cell_specs(text: Any) -> None:
    if shortest := tried("cell", text, CELLS, make_cell):
        assert cell_title(shortest).isprintable()


@on("task specs")
@given(st.one_of(specs(TASKS), nearly_specs(TASKS), junk))
def test_task_specs(text: Any) -> None:
    tried("task", text, TASKS, make_task)
