"""Which process it is, and whether it is still there."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

import psutil
import pytest

from models.store.process import identity, is_gone, is_here


def test_this_process_is_here_and_not_gone() -> None:
    mine = identity()
    assert mine == identity(os.getpid())
    assert mine.split()[-2] == str(os.getpid())
    assert is_here(mine)
    assert not is_gone(mine)


def test_a_process_is_gone_when_it_has_ended_and_before_its_parent_has_heard_of_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        child = identity(process.pid)
        assert child != identity()
        assert not is_gone(child)
        assert process.stdin
        process.stdin.close()
        end = time.monotonic() + 20
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < end, "took too long"
            time.sleep(0.01)
        assert is_gone(child), "nobody has waited for it yet"
        process.wait()
        assert is_gone(child)
    assert is_here(child)


def test_another_process_of_the_same_number_is_not_the_same() -> None:
    started = psutil.Process().create_time()
    assert is_gone(f"{platform.node()} {os.getpid()} {started - 5:.2f}")
    assert is_gone(f"{platform.node()} {os.getpid()} {started + 5:.2f}")
    assert not is_gone(f"{platform.node()} {os.getpid()} {started + 0.01:.2f}")


def test_a_process_of_another_host_is_not_here() -> None:
    assert not is_here("another-host 1 1000.00")
    assert not is_here(f"not-{identity()}")


def test_a_host_may_have_blanks_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "a host of mine")
    mine = identity()
    assert is_here(mine)
    assert not is_gone(mine)


def test_there_is_no_identity_of_nobody() -> None:
    with pytest.raises(psutil.NoSuchProcess):
        identity(2**22 - 1)
