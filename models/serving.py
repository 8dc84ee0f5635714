"""The process that a dashboard keeps warm: it answers quick questions, and trains one run.

Lines of JSON come on standard input, in any order and number:

    {"question": 7, "name": "birth", "arguments": {...}}    answered by a line on standard output,
                                                            {"question": 7, "answer": ...} or
                                                            {"question": 7, "error": "..."}
    {"run": "…", "process": "…"}                            trained, after which the process ends;
                                                            the process as the store calls it

Questions are answered while a run trains as well: its models train in processes of their own.
Where the input ends before a run has come, the process ends; a run goes on to its end even where
its dashboard is gone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any

import torch

from models.questions import ask
from models.results.store import Store
from models.running import End, execute
from models.side_by_side import NO_FORK


def serve(store: Store, lines: Iterable[str], out: IO[str]) -> End | None:
    """Answers until a run comes, then trains it and answers on until it has ended.

    Returns how it ended; None where no run came.
    """
    runs: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(lines, out, runs), daemon=True).start()
    given = runs.get()
    return execute(store, given[0], process=given[1]) if given else None


def _listen(lines: Iterable[str], out: IO[str], runs: SimpleQueue[tuple[str, str] | None]) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        for line in lines:
            message = json.loads(line)
            if "run" in message:
                runs.put((message["run"], message["process"]))
            else:
                # A process forked over half a line would write that half again; where the
                # dashboard is gone, nobody reads it.
                with NO_FORK, suppress(BrokenPipeError):
                    print(json.dumps(_answer(message)), file=out, flush=True)
    finally:
        runs.put(None)  # nobody waits for a run that cannot come


def _answer(message: Mapping[str, Any]) -> dict[str, object]:
    number = message["question"]
    try:
        return {"question": number, "answer": ask(message["name"], message["arguments"])}
    except Exception as error:
        return {"question": number, "error": f"{type(error).__name__}: {error}"}
