"""Kernels without a folder that can be written, and from one process to the next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

ROW_SUMS = """
import os, numpy as np
{before}
from models.kernels.cache import cache_folder
from models.kernels.products import add_row_sums
out = np.zeros((2, 1))
add_row_sums(np.ones((2, 3)), out)
print(cache_folder(), out.ravel().tolist())
"""
GRADIENT = """
from tests.models.population.test_compiled import CompiledPopulation, made
import torch
outcome, gradient = made(CompiledPopulation, "rnn", dtype=torch.float32).differentiate()
print(gradient.numpy().tobytes().hex())
"""


def said(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("before", "environment"),
    [
        ("", {"XDG_CACHE_HOME": "/dev/null"}),
        ("", {"XDG_CACHE_HOME": "", "HOME": "/dev/null"}),
        ("os.access = lambda *_: False", {}),
    ],
    ids=["no folder", "no home", "read-only"],
)
def test_where_nothing_can_be_written_kernels_work_without_a_cache(
    before: str, environment: dict[str, str], tmp_path: Path
) -> None:
    told = said(ROW_SUMS.format(before=before), **{"XDG_CACHE_HOME": str(tmp_path), **environment})
    assert told == "None [3.0, 3.0]\n"
    assert not list(tmp_path.rglob("*.nbi"))


def test_what_is_compiled_here_has_the_bits_of_what_is_in_the_cache(tmp_path: Path) -> None:
    compiles, loads = (said(GRADIENT, XDG_CACHE_HOME=str(tmp_path)) for _ in range(2))
    assert list(tmp_path.rglob("*.nbi"))
    assert compiles == loads
