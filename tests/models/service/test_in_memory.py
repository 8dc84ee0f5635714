"""Training from Python: three lines, the command line's numbers, Ctrl-C, a bar, light to import."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import models
from models import Experiment, train_experiment
from models.analysis.memory_span import memory_spans
from models.analysis.schema import TABLES, no_rows
from models.analysis.statistics import select_learning_rate
from models.command_line.main import main
from models.exchange import files

ROOT = Path(__file__).resolve().parents[3]
TINY = Experiment(
    task="recall",
    cells=("rnn", "gru:norm=layer"),
    lengths=(5, 8),
    seeds=2,
    steps=4,
    learning_rate=(0.01, 0.1),
    evaluate_every=2,
    hidden_size=4,
    batch_size=4,
    held_out=8,
    test_lengths=(6,),
    device="cpu",
)


def test_the_numbers_are_those_of_the_command_lines_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_LAB_STORE", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    out = tmp_path / "results"
    assert main([*TINY.command_line(str(out)).split()[3:]]) == 0
    theirs = files.read(out)
    ours = replace(train_experiment(TINY, progress=False), run=theirs.run)
    tables = {name: rows.assign(run=theirs.run) for name, rows in ours.tables.items()}
    assert set(tables) == set(TABLES)
    for name, rows in tables.items():
        assert len(rows), name
        assert files.table_bytes(name, rows) == (out / f"{name}.csv").read_bytes(), name
        assert rows.dtypes.to_dict() == no_rows(name).dtypes.to_dict()


def test_the_results_answer_the_next_questions(tmp_path: Path) -> None:
    results = train_experiment(TINY, progress=False)
    chosen = select_learning_rate(results.tables["accuracy"], results.tables["validation"])
    pd.testing.assert_frame_equal(results.accuracy, chosen)
    pd.testing.assert_frame_equal(results.memory_spans(), memory_spans(chosen))
    assert list(zip(*(results.summary()[name] for name in ("cell", "length")), strict=True)) == [
        (cell, length) for cell in TINY.cells for length in TINY.lengths
    ]
    results.save(tmp_path / "results.zip")
    assert files.all_files(files.read(tmp_path / "results.zip")) == files.all_files(results)


@pytest.mark.parametrize("snapshots", [1, 3])
def test_ctrl_c_returns_what_was_measured(monkeypatch: pytest.MonkeyPatch, snapshots: int) -> None:
    whole = train_experiment(TINY, progress=False)
    heard: list[int] = []

    @contextmanager
    def interrupted(*_: object, **__: object) -> Iterator[Callable[[int], None]]:
        def follow(done: int) -> None:
            heard.append(done)
            if len(heard) == snapshots:
                signal.raise_signal(signal.SIGINT)

        yield follow

    monkeypatch.setattr("models.service.in_memory.progress_bar", interrupted)
    part = train_experiment(TINY)
    assert part.environment["status"] == "stopped"
    known = ["cell", "length", "seed", "learning_rate", "step"]
    both = part.tables["accuracy"].merge(whole.tables["accuracy"], on=known)
    assert 0 < len(both) == len(part.tables["accuracy"]) < len(whole.tables["accuracy"])
    assert (both["loss_x"] == both["loss_y"]).all()
    assert set(part.memory_spans()["cell"]) <= set(TINY.cells)
    assert len(part.summary())


def test_a_run_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> Iterator[None]:
        raise MemoryError

    monkeypatch.setattr("models.training.train.train", fails)
    with pytest.raises(RuntimeError, match=r"^training failed: not enough memory"):
        train_experiment(TINY, progress=False)


def test_torch_is_left_as_it_was() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.set_flush_denormal(False)
    try:
        train_experiment(TINY, progress=False)
        assert torch.get_num_threads() == 2
        assert (torch.tensor(1e-40) * 1.0).item() > 0
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_examples_of_the_documentation_run(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """Each with its own settings, but for those that make it long."""
    small: dict[str, Any] = {"steps": 2, "seeds": 2, "held_out": 8, "batch_size": 4}
    trained: list[Experiment] = []

    def tiny(**settings: Any) -> Experiment:
        trained.append(Experiment(**settings))
        return replace(trained[-1], **small)

    monkeypatch.setattr(models, "Experiment", tiny)
    examples = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)
    names: dict[str, Any] = {}
    for example in examples:
        exec(example, names)
    assert trained
    assert set(names["results"].memory_spans()["cell"]) == set(trained[0].cells)


def python(program: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    path = ":".join(map(str, (ROOT, *paths)))
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def test_importing_is_light() -> None:
    program = """
import sys, models
print({"torch", "pandas", "sqlalchemy"} & set(sys.modules), models.Experiment().seeds)
"""
    assert python(program).stdout == "set() 3\n"


def test_a_notebook_without_ipywidgets_has_a_bar_and_no_warning(tmp_path: Path) -> None:
    (tmp_path / "IPython").mkdir()
    (tmp_path / "IPython" / "__init__.py").write_text("def get_ipython(): return None\n")
    program = f"""
import sys, types
sys.modules["ipykernel.zmqshell"] = types.ModuleType("ipykernel.zmqshell")
import IPython
from models.experiment import Experiment
from models.service.progress import progress_bar
with progress_bar({TINY!r}) as follow:
    follow(4)
with progress_bar({TINY!r}, shown=False) as follow:
    follow(4)
"""
    done = python(program, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert len(re.findall(r"100%\|█+\| 4/4 \[", done.stderr)) == 1


@pytest.mark.parametrize("closed", ["", "sys.stderr = None"])
def test_a_script_whose_output_is_no_terminal_has_no_bar(closed: str) -> None:
    program = f"""
import sys
{closed}
from models.experiment import Experiment
from models.service.progress import progress_bar
with progress_bar({TINY!r}) as follow:
    follow(4)
print("done")
"""
    done = python(program)
    assert (done.stdout, done.stderr) == ("done\n", "")
