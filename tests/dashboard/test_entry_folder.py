"""Streamlit puts the folder of ``app.py`` on the path, before everything that is installed."""

from __future__ import annotations

import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path

from tests.browser.server import running_dashboard

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"


def test_nothing_in_it_has_the_name_of_a_module_that_others_import() -> None:
    names = {
        entry.stem
        for entry in DASHBOARD.iterdir()
        if (entry.is_dir() or entry.suffix == ".py") and not entry.name.startswith("__")
    }
    assert {"app", "views", "figures"} <= names
    installed = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    taken = names & sys.stdlib_module_names
    taken |= {name for name in names if PathFinder.find_spec(name, installed)}
    assert not taken


def test_the_dashboard_starts_in_its_own_folder(tmp_path: Path) -> None:
    with running_dashboard(tmp_path, started_in=DASHBOARD) as dashboard:
        assert dashboard.process.poll() is None
