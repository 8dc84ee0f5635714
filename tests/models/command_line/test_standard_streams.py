"""Every command on real processes, wherever its output leads: a closed pipe, a full disk, ASCII."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.command_line.catalogue import catalogue
from models.command_line.main import ALL_PRESETS
from models.exchange import files
from models.exchange.standalone_script import ScriptError, standalone_script
from models.store import Store
from tests.properties import tiny_run

ROOT = Path(__file__).resolve().parents[3]
TRAIN = [
    *("train", "--cells", "rnn", "--lengths", "10", "--seeds", "1", "--steps", "4"),
    *("--evaluate-every", "2", "--hidden-size", "4", "--held-out", "8", "--device", "cpu"),
]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """One finished run in it."""
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setenv("MEMORY_LAB_STORE", url)
    store = Store(url)
    run = store.create(ALL_PRESETS["adding"].experiment, process="a test")
    assert store.finish(run, "finished")
    return store


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, content in tiny_run.content().items():
        (folder / name).write_bytes(content)
    return folder


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    out: str
    error: str


def command(*arguments: str, encoding: str = "utf-8", shell: str = "") -> Ended:
    """Runs a command; ``shell`` is what a shell says after it, such as ``| true``."""
    words = [sys.executable, "-m", "models", *arguments]
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"$@" {shell}', "bash", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    return Ended(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


def trained(store: Store) -> bool:
    """Whether a run of TRAIN is in the store, whole."""
    newest = store.runs()[0]
    return (newest.status, newest.done_steps, store.count()) == ("finished", 4, 2)


@pytest.mark.parametrize(
    "arguments", [["list"], ["runs"], ["script"], ["--help"], ["tidy", "--keep-runs", "9"], TRAIN]
)
@pytest.mark.parametrize(
    ("shell", "status", "lines"), [("| true", 141, 0), (">/dev/full", 1, 1)], ids=["pipe", "full"]
)
def test_output_that_nobody_takes_is_an_exit_status_and_no_traceback(
    arguments: Sequence[str], shell: str, status: int, lines: int, store: Store
) -> None:
    ended = command(*arguments, shell=shell)
    assert ended.status == status
    told = [line for line in ended.error.splitlines() if not line.startswith("run 2")]
    assert told == ["python -m models: stdout cannot be written: No space left on device"] * lines
    assert arguments is not TRAIN or trained(store)


@pytest.mark.parametrize(
    ("shell", "status"),
    [("2>&1 | true", 141), ("2>/dev/full", 1), ("<&- >&- 2>&-", 0)],
)
def test_what_is_trained_is_kept_whoever_reads(
    shell: str, status: int, store: Store, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ended = command(*TRAIN, "--out", str(out), shell=shell)
    assert (ended.status, ended.error) == (status, "")
    assert trained(store)
    assert files.read(out).run == store.runs()[0].id


@pytest.mark.parametrize("arguments", [["pin", "nonsense"], ["import", "nowhere"], ["dance"]])
def test_bad_input_that_cannot_be_told_is_bad_input_all_the_same(arguments: list[str]) -> None:
    assert command(*arguments, shell="2> >(true)").status == 2


def test_nobody_can_be_asked_where_the_input_is_closed(store: Store) -> None:
    run = store.create(ALL_PRESETS["copy"].experiment, process="a test")
    assert store.finish(run, "finished")
    ended = command("tidy", "--keep-runs", "1", shell="<&-")
    assert (ended.status, store.count()) == (2, 2)
    assert ended.error.endswith("1 run would be deleted: say --yes to do it\n")


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [("ascii", ["list"]), ("cp1252", ["list"]), ("cp437", ["list"]), ("ascii", TRAIN)],
    ids=["ascii", "cp1252", "cp437", "train"],
)
def test_any_encoding_prints_something_readable(encoding: str, arguments: Sequence[str]) -> None:
    ended = command(*arguments, encoding=encoding)
    assert ended.status == 0, ended.error
    assert ended.out.count("?") == (catalogue().count("?") if arguments == ["list"] else 0)
    assert "\\" not in ended.out
    if encoding == "ascii":
        assert ("gain=0.1...3" if arguments == ["list"] else "about 10^") in ended.out


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    ended = command("import", os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    assert ended.status == 2
    assert (
        ended.error == f"python -m models: {tmp_path}/? cannot be read: No such file or directory\n"
    )


def test_a_script_is_python_in_any_encoding() -> None:
    for preset in ALL_PRESETS.values():
        try:
            assert standalone_script(preset.experiment).isascii()
        except ScriptError:
            continue


class TestNoPlainFile:
    @pytest.fixture
    def fifo(self, tmp_path: Path) -> Path:
        os.mkfifo(tmp_path / "fifo.zip")
        return tmp_path / "fifo.zip"

    def refused(self, *arguments: str) -> str:
        """What a command says that is bad input."""
        ended = command(*arguments)
        assert (ended.status, ended.out) == (2, "")
        (line,) = ended.error.splitlines()
        return line

    def test_to_import(self, fifo: Path, export: Path, store: Store) -> None:
        for path in (fifo, Path("/dev/zero")):
            assert f"'{path.name}' is no plain file" in self.refused("import", str(path))
        (export / "training.csv").unlink()
        (export / "training.csv").symlink_to("/dev/zero")
        assert "'training.csv' is no plain file" in self.refused("import", str(export))
        (export / "experiment.json").unlink()
        (export / "training.csv").unlink()
        assert "experiment.json is missing" in self.refused("import", str(export))
        assert "No such file" in self.refused("import", str(export / "nothing.zip"))
        assert store.count() == 1

    def test_to_write_into(self, fifo: Path, export: Path, store: Store) -> None:
        assert "fifo.zip is there already" in self.refused(*TRAIN, "--out", str(fifo))
        fifo.rename(export / "experiment.json")
        assert "experiment.json is there already" in self.refused(*TRAIN, "--out", str(export))
        assert store.count() == 1
