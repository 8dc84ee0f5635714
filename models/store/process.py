"""Which process it is that trains a run, and whether it is still there."""

from __future__ import annotations

import os
import platform

import psutil

SAME_SECONDS = 1.0
"""How far apart two readings of a process's start may lie."""


def identity(process: int | None = None) -> str:
    """Host, process number and start of a process, by default of this one.

    Numbers are used again; together with the start they are not. Raises psutil.NoSuchProcess.
    """
    number = process or os.getpid()
    return f"{platform.node()} {number} {psutil.Process(number).create_time():.2f}"


def is_here(identity: str) -> bool:
    """Whether the process is, or was, on this machine, so that it can be looked for."""
    return identity.rsplit(" ", 2)[0] == platform.node()


def is_gone(identity: str) -> bool:
    """Whether a process of this machine has ended."""
    _, number, started = identity.rsplit(" ", 2)
    try:
        process = psutil.Process(int(number))
        same = abs(process.create_time() - float(started)) < SAME_SECONDS
        return not same or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
