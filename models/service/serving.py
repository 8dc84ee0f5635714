"""The process that a dashboard keeps warm: it answers quick questions, and trains run after run.

Lines of JSON come on standard input, in any order and number:

    {"question": 7, "name": "speed", "arguments": {...}}    answered by a line on standard output,
                                                            {"question": 7, "answer": ...} or
                                                            {"question": 7, "error": "..."}
    {"run": "…", "process": "…"}                            trained by this process, which is what
                                                            the store calls it; then the line
                                                            {"ended": "…", "goes_on": true}, with
                                                            the run, and whether another may follow

Questions are answered while a run trains as well: its models train in processes of their own.
Where the input ends, the process does, after the run that it trains: that goes on to its end even
where its dashboard is gone.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any

import torch
import torch.fx.experimental.symbolic_shapes

from models.experiment import ExperimentError
from models.service.questions import ask
from models.service.running import execute
from models.store import NotOursError, Store, UnknownRunError
from models.training.processes import NO_FORK
from models.training.train import processes_for

SPEAKING = threading.Lock()

log = logging.getLogger("memory_lab.serving")


def serve(store: Store, lines: Iterable[str], out: IO[str]) -> None:
    """Answers questions, and trains one run after the other, until the input ends.

    Raises StoreError where not even the end of a run can be written.
    """
    runs: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(lines, out, runs), daemon=True).start()
    goes_on = True
    while goes_on and (given := runs.get()):
        goes_on = _train(store, *given)
        _say({"ended": given[0], "goes_on": goes_on}, out)


def _train(store: Store, run_id: str, process: str) -> bool:
    """Says whether another run can follow: not where this one took the memory of this process."""
    try:
        execute(store, run_id, process=process)
        return processes_for(store.run(run_id).experiment) > 1
    except (ExperimentError, NotOursError, UnknownRunError) as error:
        log.warning("not trained: %s", error, extra={"run": run_id})
        return True


def _listen(lines: Iterable[str], out: IO[str], runs: SimpleQueue[tuple[str, str] | None]) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        for line in lines:
            message = json.loads(line)
            if "run" in message:
                runs.put((message["run"], message["process"]))
            else:
                with NO_FORK:
                    _say(_answer(message), out)
    finally:
        runs.put(None)  # nobody waits for a run that cannot come


def _say(answer: Mapping[str, object], out: IO[str]) -> None:
    """One line, as long as somebody reads. Never beside a fork: two processes would say it."""
    with SPEAKING, suppress(BrokenPipeError):
        print(json.dumps(answer), file=out, flush=True)


def _answer(message: Mapping[str, Any]) -> dict[str, object]:
    number = message["question"]
    try:
        return {"question": number, "answer": ask(message["name"], message["arguments"])}
    except Exception as error:
        return {"question": number, "error": f"{type(error).__name__}: {error}"}
