"""Floats as they are: training elsewhere in the process makes denormal numbers zero."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(scope="module", autouse=True)
def _denormals() -> None:
    torch.set_flush_denormal(False)
