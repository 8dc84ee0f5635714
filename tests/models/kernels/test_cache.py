"""Kernels without a folder that can be written, and from one process to the next."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from models.kernels import cache

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


def test_a_copy_of_the_program_takes_nothing_for_compiled_that_numba_does_not_find_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "cache_folder", cache.cache_folder.__wrapped__)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache.note_compiled("rnn")
    assert cache.is_compiled("rnn")
    shutil.copytree(Path(cache.__file__).parent, tmp_path / "kernels")
    spec = spec_from_file_location("copied", tmp_path / "kernels" / "cache.py")
    assert spec
    assert spec.loader
    copied = module_from_spec(spec)
    spec.loader.exec_module(copied)
    assert not copied.is_compiled("rnn")
