"""Peak memory of the dashboard with its trainer, while it trains the default preset.

    python -m tests.benchmarks.memory

Starts the dashboard as people do, opens it in headless Chromium, presses Train, asks for the
gradient at initialisation of other settings in a second tab, and adds up the memory of the
dashboard's process and all it has started (the warm process, the run, the question), until the run
has ended. Memory is PSS, see ``tests.benchmarks.processes``. Linux only.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.benchmarks.processes import mebibytes_of_tree
from tests.browser.chromium import chromium
from tests.browser.server import Dashboard, running_dashboard

QUESTION = "cells=rnn&cells=lstm&cells=gru&lengths=200&first_seed=7"
WARM_SECONDS = 20
"""Until the warm process has imported torch and loaded the kernels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="give up after so long")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, running_dashboard(Path(folder)) as dashboard:
        idle, peak = _measure(dashboard, seconds)
    print(f"dashboard and warm trainer, before the press: {idle:.0f} MiB")
    print(f"peak of dashboard and trainer over the run:   {peak:.0f} MiB")


def _measure(dashboard: Dashboard, seconds: float) -> tuple[float, float]:
    """Before the press, and the most until the run has ended."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(dashboard.url)
        train = page.get_by_role("button", name="Train", exact=True)
        train.wait_for()
        time.sleep(WARM_SECONDS)
        idle = peak = mebibytes_of_tree(dashboard.process.pid)
        train.click()
        browser.new_page().goto(f"{dashboard.url}/gradient_flow?{QUESTION}")
        end = time.monotonic() + seconds
        while time.monotonic() < end and not page.get_by_text("finished.").is_visible():
            peak = max(peak, mebibytes_of_tree(dashboard.process.pid))
            time.sleep(0.2)
    return idle, peak


if __name__ == "__main__":
    main()
