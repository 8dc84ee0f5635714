"""What Memory Lab's own processes log: one JSON object a line, without secrets.

Only what loggers below OURS say is written, so that what libraries log stays out. Further fields of
a line, such as the run, go into ``extra``.
"""

from __future__ import annotations

import logging
import math
import os
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, quote_plus

from pythonjsonlogger.json import JsonFormatter

from models.settings.configuration import Configuration

Process = Literal["dashboard", "trainer", "command"]

OURS = "memory_lab"
BYTES = 1_000_000
"""Size at which a file is put aside and a new one begun."""
ASIDE: dict[Process, int] = {"dashboard": 5, "trainer": 1, "command": 1}
"""How many files put aside each process keeps."""
KEPT = 50
"""Files that are kept of all trainers, and of all commands."""
DEPTH = 4
"""How deep a field may be nested."""

_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s'\"]*@")
_lock = threading.Lock()
_hidden: tuple[str, ...] = ()


def hide(secret: str) -> None:
    """From now on, no log line has this text."""
    global _hidden
    if secret:
        forms = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
        with _lock:
            _hidden = tuple(sorted({*_hidden, *forms}, key=len, reverse=True))


def start_logging(process: Process, configuration: Configuration) -> None:
    """Our loggers write from now on; what was started before stays.

    The dashboard writes to one file, which is begun anew at BYTES, and to standard error. Each
    trainer and each command writes to a file of its own. Where the folder cannot be written, all
    goes to standard error. Logging raises nothing.
    """
    for password in configuration.passwords:
        hide(password)
    logger = logging.getLogger(OURS)
    with _lock:
        if logger.handlers:
            return
        logger.propagate = False
        logger.setLevel(configuration.log_level.upper())
        problem = _write_to_file(logger, process, Path(configuration.logs))
        if process == "dashboard" or problem:
            _add(logger, _StandardError(sys.stderr), process)
    if problem:
        logger.warning("no log file, standard error has the log: %s", problem)


def _write_to_file(logger: logging.Logger, process: Process, folder: Path) -> str:
    """Returns why that is not possible, or nothing."""
    own = f"{process}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
    file = folder / f"{'dashboard' if process == 'dashboard' else own}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = _File(file, maxBytes=BYTES, backupCount=ASIDE[process], encoding="utf-8")
    except OSError as error:
        return str(error)
    _add(logger, handler, process)
    for old in sorted(folder.glob(f"{process}-*.jsonl*"))[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    return ""


def _add(logger: logging.Logger, handler: logging.Handler, process: Process) -> None:
    handler.setFormatter(_Line(process))
    logger.addHandler(handler)


class _Quiet(logging.Handler):
    """A line that cannot be written is lost, and nothing else happens."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        with suppress(Exception):
            # Not the error's own text: it may quote what must be hidden.
            error = type(sys.exception()).__name__
            sys.stderr.write(f"lost a log line of {record.name}:{record.lineno}: {error}\n")


class _File(_Quiet, RotatingFileHandler):
    pass


class _StandardError(_Quiet, logging.StreamHandler[Any]):
    pass


class _Line(JsonFormatter):
    """The record as one JSON object: who, when, the message, and its extra fields."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        extra: dict[str, Any] = {}
        super().add_fields(extra, record, message_dict)
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "pid": record.process,
            "logger": record.name,
            "message": _redacted(record.message),
        }
        for name, value in extra.items():
            log_data.setdefault(name, _redacted(value))


def _redacted(value: object, depth: int = 0) -> Any:
    """As JSON knows it, without secrets."""
    if depth > DEPTH:
        return "…"
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping):
        return {_redacted(str(key)): _redacted(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(one, depth + 1) for one in value]
    return _without_secrets(str(value))


def _without_secrets(text: str) -> str:
    text = _URL_PASSWORD.sub(r"\1***@", text)
    for secret in _hidden:
        text = text.replace(secret, "***")
    return text
