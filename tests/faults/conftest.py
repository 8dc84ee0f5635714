"""What the tests of faults compare with: the same experiment without one."""

from __future__ import annotations

import pytest

from models.store import Store
from tests.faults.whole import Whole, train_whole


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return train_whole(Store(f"sqlite:///{tmp_path_factory.mktemp('whole') / 'runs.sqlite'}"))
