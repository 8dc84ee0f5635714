"""The process that a dashboard keeps warm: it answers quick questions, and trains one run.

Lines of JSON come on standard input, in any order and number:

    {"question": 7, "name": "birth", "arguments": {...}}    answered by a line on standard output,
                                                            {"question": 7, "answer": ...} or
                                                            {"question": 7, "error": "..."}
    {"run": "20261124-070000-ab12"}                         trained, after which the process ends

Questions are answered while a run trains as well: its models train in processes of their own.
Where the input ends before a run has come, the process ends.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from queue import SimpleQueue
from typing import IO, Any

import torch

from models.questions import ask
from models.results.store import Store
from models.running import execute
from models.side_by_side import NO_FORK


def serve(store: Store, lines: Iterable[str], out: IO[str]) -> None:
    """Answers until a run comes, then trains it and answers on until it has ended."""
    runs: SimpleQueue[str | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(lines, out, runs), daemon=True).start()
    if run := runs.get():
        execute(store, run)


def _listen(lines: Iterable[str], out: IO[str], runs: SimpleQueue[str | None]) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for line in lines:
        message = json.loads(line)
        if "run" in message:
            runs.put(message["run"])
        else:
            print(json.dumps(_answer(message)), file=out, flush=True)
    runs.put(None)


def _answer(message: Mapping[str, Any]) -> dict[str, object]:
    number = message["question"]
    try:
        with NO_FORK:
            return {"question": number, "answer": ask(message["name"], message["arguments"])}
    except Exception as error:
        return {"question": number, "error": f"{type(error).__name__}: {error}"}
