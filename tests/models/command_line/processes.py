"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TINY = [
    *("--cells", "rnn", "gru:bias=chrono", "--lengths", "10", "12", "--seeds", "2"),
    *("--steps", "5", "--evaluate-every", "2", "--hidden-size", "4", "--batch-size", "4"),
    *("--held-out", "8", "--device", "cpu"),
]


def process(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "models", *arguments],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
