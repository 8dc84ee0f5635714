"""Imports run one way (the contracts in pyproject.toml), and the dashboard stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.tiers import NIGHTLY, ON_POSTGRES, ONE_CASE, SLOW

ROOT = Path(__file__).resolve().parents[1]


def test_imports_keep_the_layers() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SLOW + NIGHTLY + ONE_CASE + ON_POSTGRES)
def test_every_test_that_is_left_out_is_there(name: str) -> None:
    file, *tests = name.split("::")
    assert (ROOT / file).exists()
    assert all(test in (ROOT / file).read_text() for test in tests)


@pytest.mark.parametrize("file", sorted((ROOT / "dashboard").rglob("*.py")), ids=str)
def test_session_keys_stand_in_one_place(file: Path) -> None:
    names = [
        node.attr
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
    ]
    assert "session_state" not in names or file.name == "session_state.py"


def test_no_widget_has_the_key_of_something_else() -> None:
    """Streamlit keeps both in one place: the widget would find a value that is not its own."""
    declared = ast.parse((ROOT / "dashboard" / "session" / "session_state.py").read_text()).body
    kept = set()
    for node, text in pairwise(declared):
        match node:
            case ast.Assign(value=ast.Call(func=ast.Subscript(), args=[ast.Constant(value=name)])):
                if not ast.unparse(text).strip("\"'").startswith(("Widget", "Component")):
                    kept.add(name)
    assert "remedy_tried" in kept
    widgets = {
        keyword.value.value
        for file in (ROOT / "dashboard").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "key" and isinstance(keyword.value, ast.Constant)
    }
    assert "train" in widgets
    assert not kept & widgets


def test_the_dashboards_process_never_loads_what_takes_much_memory(tmp_path: Path) -> None:
    program = f"""
import os, sys
os.environ["MEMORY_LAB_STORE"] = "sqlite:///{tmp_path / "runs.sqlite"}"
sys.path.insert(0, {str(ROOT)!r})
from streamlit.testing.v1 import AppTest
from dashboard.scheduling import app_resources
from dashboard.session import visitor
from dashboard.scheduling.run_queue import Queue
from dashboard.scheduling.child_processes import ChildError
from models.experiment.cost import REFERENCE
class Nobody:
    speed, queue = REFERENCE, Queue()
    def __init__(self, *_): pass
    def ask(self, *_): raise ChildError("nobody is there", "died")
app_resources.Scheduler = Nobody
visitor._secret = lambda: "somebody"  # a test has no browser with cookies
views = ("gradient_flow", "the_way_back", "your_memory", "runs", "about")
for page in ("app.py", *("views/" + name + ".py" for name in views)):
    test = AppTest.from_file({str(ROOT / "dashboard")!r} + "/" + page, default_timeout=60)
    assert not test.run().exception
assert {{"torch", "scipy.stats"}}.isdisjoint(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
