"""The dashboard as people start it, on a free port and with a store of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "dashboard" / "app.py"
PATIENCE_SECONDS = 120
"""What anything may take at most: two cores run the tests, a browser, a dashboard and training."""


@dataclass
class Dashboard:
    """A running dashboard."""

    url: str
    store_url: str
    launch: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Starts it, also where it was killed; returns when it answers."""
        self.process = self.launch()
        _wait_until_healthy(self.url, self.process)


@contextmanager
def running_dashboard(
    folder: Path, *, started_in: Path = ROOT, **settings: str
) -> Iterator[Dashboard]:
    """Starts ``python -m streamlit run dashboard/app.py``; its store lies in ``folder``.

    ``started_in`` is the working directory, from which the path to the app is relative.
    ``settings`` are those of the app, as in ``trainers="1"``.
    """
    port = _free_port()
    store_url = f"sqlite:///{folder / 'runs.sqlite'}"
    variables = {f"MEMORY_LAB_{name.upper()}": text for name, text in settings.items()}

    def launch() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", os.path.relpath(APP, started_in)),
                *("--server.port", str(port), "--server.headless", "true"),
            ],
            cwd=started_in,
            env={**os.environ, "MEMORY_LAB_STORE": store_url, **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    dashboard = Dashboard(f"http://localhost:{port}", store_url, launch)
    try:
        dashboard.start()
        yield dashboard
    finally:
        dashboard.process.terminate()
        dashboard.process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"streamlit ended with exit code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"streamlit did not answer within {PATIENCE_SECONDS} s")
