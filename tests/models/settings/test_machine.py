"""Memory and cores: the limits of a container count, not what its machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from models.settings import machine


def limited(folder: Path, files: dict[str, str], own: str) -> int:
    for name, text in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "own").write_text(own)
    return machine.memory_bytes(folder / "cgroup", folder / "own")


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        ({"memory.max": "1000\n"}, "0::/\n", 1000),
        ({"a/memory.max": "3000\n", "a/b/memory.max": "max\n"}, "0::/a/b\n", 3000),
        ({"a/memory.max": "2000\n", "a/b/memory.max": "3000\n"}, "0::/a/b\n", 2000),
        ({"memory.max": "1000\n"}, "0::/on/the/host\n", 1000),
        ({"memory/memory.limit_in_bytes": "1000\n"}, "4:memory:/on/the/host\n0::/\n", 1000),
        ({"memory/a/memory.limit_in_bytes": "1000\n"}, "4:cpu,memory:/a\n", 1000),
    ],
)
def test_a_limit_counts_wherever_it_is_set(
    tmp_path: Path, files: dict[str, str], own: str, expected: int
) -> None:
    assert limited(tmp_path, files, own) == expected


@pytest.mark.parametrize(
    ("files", "own"),
    [
        ({"memory.max": "max\n"}, "0::/\n"),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, "4:memory:/\n"),
        ({"other/memory.max": "1000\n"}, "0::/mine\n"),
        ({}, "0::/\n"),
        ({}, ""),
    ],
)
def test_without_a_limit_it_is_what_the_machine_has(
    tmp_path: Path, files: dict[str, str], own: str
) -> None:
    assert limited(tmp_path, files, own) == psutil.virtual_memory().total


def test_where_there_are_no_cgroups_it_is_what_the_machine_has(tmp_path: Path) -> None:
    nowhere = tmp_path / "nothing"
    assert machine.memory_bytes(nowhere, nowhere) == psutil.virtual_memory().total


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone binds processes")
def test_cores_are_those_this_process_may_use() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert machine.cores() == 1
    finally:
        os.sched_setaffinity(0, before)


ARENAS_OF_THREADS = """
import ctypes, threading
from models.settings.machine import keep_little_memory

keep_little_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
here = threading.Barrier(20)

def take():
    here.wait()
    libc.malloc(ctypes.c_size_t(10_000))
    here.wait()

threads = [threading.Thread(target=take) for _ in range(20)]
for one in threads:
    one.start()
for one in threads:
    one.join()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def test_threads_share_their_stocks_of_memory() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ARENAS_OF_THREADS], capture_output=True, text=True, check=True
    )
    assert 1 <= told.stdout.count("<heap nr=") <= machine.ARENAS
