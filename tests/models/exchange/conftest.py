"""A small run, and the files of its export."""

from __future__ import annotations

import pytest

from models.exchange.files import Results, all_files
from tests.properties import tiny_run


@pytest.fixture(scope="module")
def results() -> Results:
    return tiny_run.results()


@pytest.fixture
def files(results: Results) -> dict[str, bytes]:
    return all_files(results)
