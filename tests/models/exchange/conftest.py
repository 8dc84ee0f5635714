"""A small run, and the files of its export."""

from __future__ import annotations

import pytest

from models.exchange.files import Results
from tests.properties import tiny_run


@pytest.fixture(scope="module")
def results() -> Results:
    return tiny_run.results()


@pytest.fixture
def files() -> dict[str, bytes]:
    return dict(tiny_run.content())
