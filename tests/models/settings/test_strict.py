"""JSON that says nothing clear is refused, in time that grows with its length alone."""

from __future__ import annotations

import pytest

from models.settings import strict


def test_a_name_that_is_given_twice_is_named() -> None:
    with pytest.raises(ValueError, match=r"^'b' is given twice$"):
        strict.json_value('{"a": {"b": 1, "c": 2, "b": 1}, "d": 1, "d": 2}')


def test_of_many_names_each_is_looked_at_once() -> None:
    class Name(str):
        comparisons = 0

        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Name.comparisons += 1
            return str.__eq__(self, other)

    names = [Name(number) for number in range(1000)]
    with pytest.raises(ValueError, match=r"^'999' is given twice$"):
        strict._object([(name, 0) for name in (*names, Name(999))])
    assert Name.comparisons < 100
