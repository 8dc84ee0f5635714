"""One JSON object a line, without secrets, and what goes wrong there stays there."""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.service import logs
from models.service.logs import OURS, Process, hide, start_logging
from models.settings.configuration import Configuration

SECRET = "geheim/1"
LOG = logging.getLogger("memory_lab.x")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging is not started, and is ended afterwards."""
    ours = logging.getLogger(OURS)
    before, ours.handlers = ours.handlers, []
    monkeypatch.setattr(logs, "_hidden", ())
    monkeypatch.setattr(ours, "propagate", True)
    level = ours.level
    yield
    for handler in ours.handlers:
        with suppress(OSError):  # a full disk
            handler.close()
    ours.handlers = before
    ours.setLevel(level)


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return Configuration(logs=str(tmp_path / "logs"))


def lines(configuration: Configuration, pattern: str = "*.jsonl") -> list[dict[str, Any]]:
    (file,) = Path(configuration.logs).glob(pattern)
    return [json.loads(line) for line in file.read_text().splitlines()]


def files(configuration: Configuration) -> list[str]:
    return sorted(file.name for file in Path(configuration.logs).iterdir())


@pytest.mark.parametrize("process", ["dashboard", "trainer", "command"])
def test_a_line_says_who_and_when_and_what(process: Process, configuration: Configuration) -> None:
    start_logging(process, configuration)
    logging.getLogger("memory_lab.running").info(
        "run %s begins", "a1", extra={"run": "a1", "steps": 3}
    )
    (line,) = lines(configuration)
    assert datetime.now(UTC) - datetime.fromisoformat(line.pop("time")) < timedelta(minutes=1)
    assert line == {
        "level": "info",
        "process": process,
        "pid": os.getpid(),
        "logger": "memory_lab.running",
        "message": "run a1 begins",
        "run": "a1",
        "steps": 3,
    }


def test_the_dashboard_also_writes_to_standard_error(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging("dashboard", configuration)
    LOG.warning("hello")
    assert files(configuration) == ["dashboard.jsonl"]
    assert json.loads(capsys.readouterr().err) == lines(configuration)[0]


@pytest.mark.parametrize("process", ["trainer", "command"])
def test_others_write_to_a_file_of_their_own_and_nowhere_else(
    process: Process, configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(process, configuration)
    LOG.error("hello")
    assert capsys.readouterr().err == ""
    (name,) = files(configuration)
    assert name.startswith(f"{process}-{datetime.now(UTC):%Y%m%d}T")
    assert name.endswith(f"Z-{os.getpid()}.jsonl")


def test_started_again_it_writes_each_line_once(configuration: Configuration) -> None:
    for _ in range(3):
        start_logging("dashboard", configuration)
    LOG.info("once")
    assert len(lines(configuration)) == 1


def test_started_by_several_at_once_it_writes_each_line_once(configuration: Configuration) -> None:
    threads = [
        threading.Thread(target=start_logging, args=("dashboard", configuration)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    LOG.info("once")
    assert len(lines(configuration)) == 1


def test_what_libraries_log_stays_out(configuration: Configuration) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    start_logging("dashboard", configuration)
    logging.getLogger("sqlalchemy.engine").error("connect to ://me:pw@host")
    root.error("hello")
    assert lines(configuration) == []
    assert (root.handlers, root.level) == (handlers, level)


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("error", 1)])
def test_the_least_severe_is_set(level: str, count: int, configuration: Configuration) -> None:
    start_logging("trainer", replace(configuration, log_level=level))
    for severity in ("debug", "info", "warning", "error"):
        getattr(LOG, severity)("hello")
    assert len(lines(configuration)) == count


def fail() -> None:
    try:
        raise OSError(f"postgresql://me:other@host: no such user, {SECRET!r} was wrong")
    except OSError as error:
        raise RuntimeError(f"the store with {SECRET}") from error


class Holder:
    def __str__(self) -> str:
        return f"holds {SECRET}"


def test_secrets_are_hidden_wherever_they_stand(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    hide(SECRET)
    start_logging("dashboard", configuration)
    LOG.info(f"in a message: {SECRET}")
    LOG.info("in an argument: %s %r", SECRET, Holder())
    LOG.info({"instead of": "a message", "with": SECRET})
    LOG.info("in fields", extra={"a": SECRET, "b": {SECRET: [1, (SECRET,)]}, "c": Holder()})
    LOG.info("in a URL: https://host/?q=geheim%2F1", stack_info=True)
    try:
        fail()
    except RuntimeError:
        LOG.exception("in a traceback")
    written = Path(configuration.logs, "dashboard.jsonl").read_text()
    for text in (written, capsys.readouterr().err):
        assert "geheim" not in text
        assert "other" not in text
        assert text.count("\n") == 6
    last = lines(configuration)[-1]
    assert "RuntimeError: the store with ***" in last["exc_info"]
    assert "OSError: postgresql://me:***@host: no such user, '***'" in last["exc_info"]
    assert lines(configuration)[3]["b"] == {"***": [1, ["***"]]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql+psycopg://me:pw@host/lab", "postgresql+psycopg://me:***@host/lab"),
        ("redis://:pw@host", "redis://:***@host"),
        ("to https://me:p@w:/x@host, again", "to https://me:***@host, again"),
        ("http://localhost:8501/race", "http://localhost:8501/race"),
        ("http://localhost:8501 or me@host", "http://localhost:8501 or me@host"),
    ],
)
def test_passwords_in_urls_are_hidden(text: str, shown: str, configuration: Configuration) -> None:
    start_logging("trainer", configuration)
    LOG.info(text)
    assert lines(configuration)[0]["message"] == shown


def test_the_stores_password_is_hidden_everywhere(configuration: Configuration) -> None:
    store = "postgresql://me:p%40ss%20word@host/lab?sslpassword=k%2Fey"
    start_logging("trainer", replace(configuration, store=store))
    LOG.info("p@ss word, p%40ss%20word, p%40ss+word, k/ey and k%2Fey")
    assert lines(configuration)[0]["message"] == "***, ***, ***, *** and ***"


def test_a_secret_within_another_leaves_nothing_of_it(configuration: Configuration) -> None:
    for secret in ("abc", "abcdef", ""):
        hide(secret)
    start_logging("trainer", configuration)
    LOG.info("abcdef abc")
    assert lines(configuration)[0]["message"] == "*** ***"


def test_nobody_writes_lines_of_their_own(configuration: Configuration) -> None:
    start_logging("trainer", configuration)
    forged = 'a\n{"level": "error"}\r\u2028\x1b[31m"'
    LOG.info("%s", forged, extra={"level": "error", "run": forged})
    written = next(Path(configuration.logs).iterdir()).read_bytes()
    assert written.count(b"\n") == 1
    assert not {0x0D, 0x1B} & set(written)
    assert written.isascii()
    (line,) = lines(configuration)
    assert (line["level"], line["message"], line["run"]) == ("info", forged, forged)


def test_every_line_is_json_whatever_is_in_it(configuration: Configuration) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    endless: list[Any] = []
    endless.append(endless)
    start_logging("trainer", configuration)
    fields = {"nan": math.nan, "endless": endless, "surrogate": "\ud800", "at": Path("a")}
    LOG.info("hello", extra=fields)
    written = next(Path(configuration.logs).iterdir()).read_text()
    line = json.loads(written, parse_constant=refuse)
    assert (line["nan"], line["surrogate"], line["at"]) == ("nan", "\ud800", "a")


def test_a_full_file_is_put_aside_five_times(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "BYTES", 1000)
    start_logging("dashboard", configuration)
    for _ in range(20):
        LOG.info("y" * 500)
    assert files(configuration) == [
        "dashboard.jsonl",
        *(f"dashboard.jsonl.{n}" for n in range(1, 6)),
    ]
    assert all(file.stat().st_size <= 1000 for file in Path(configuration.logs).iterdir())


def test_the_oldest_trainers_files_are_removed(configuration: Configuration) -> None:
    folder = Path(configuration.logs)
    folder.mkdir()
    old = [f"trainer-20200101T0000{second:02}Z-{90000 - second}.jsonl" for second in range(60)]
    for name in (*old, "dashboard.jsonl", "command-20190101T000000Z-1.jsonl"):
        (folder / name).touch()
    start_logging("trainer", configuration)
    kept = [name for name in files(configuration) if name.startswith("trainer")]
    assert len(kept) == logs.KEPT
    assert kept[:-1] == old[11:]
    assert {"dashboard.jsonl", "command-20190101T000000Z-1.jsonl"} < set(files(configuration))


@pytest.mark.parametrize("process", ["dashboard", "trainer"])
def test_a_folder_that_cannot_be_written_leaves_standard_error(
    process: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    start_logging(process, Configuration(logs=str(tmp_path / "file" / "logs")))
    LOG.info("hello")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["message"].startswith("no log file, standard error has the log: [Errno 20]")
    assert second["message"] == "hello"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_told_and_nothing_else_happens(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(configuration.logs).mkdir()
    Path(configuration.logs, "dashboard.jsonl").symlink_to("/dev/full")
    start_logging("dashboard", configuration)
    LOG.info("hello")
    told = capsys.readouterr().err
    assert "lost a log line of memory_lab.x" in told
    assert '"message": "hello"' in told


class Broken:
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


@pytest.mark.parametrize("arguments", [("%d", SECRET), ("%s %s", SECRET), ("%s", Broken())])
def test_a_line_that_cannot_be_worded_is_lost_without_its_secrets(
    arguments: tuple[Any, ...], configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging("trainer", configuration)
    LOG.info(*arguments)
    told = capsys.readouterr().err
    assert told.startswith("lost a log line of memory_lab.x:")
    assert SECRET not in told
