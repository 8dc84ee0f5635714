"""Processes that train a run of a store, in order to be killed.

They come from one process that has imported torch already, so that the next is there at once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import psutil
import sqlalchemy as sa

from models.store import Store
from models.store.process import identity

THREADS = 2
"""Among so many threads a victim shares its models out, whatever the machine has."""
TURN_SECONDS = 0.04
"""Short, so that much of what is stored was measured in the middle of the way."""
SLOWLY = 0.1
"""A pause that leaves a test time to do something to a run."""
PATIENCE_SECONDS = 60.0
BUSY_SECONDS = 0.2
"""Short, so that it is not SQLite that waits for a lock."""

_CONTEXT: Any = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *("__main__", "models.service.running", "models.training.train", __name__),
        "models.population.compiled",
        # PyTorch imports it, and SymPy with it, over the first Jacobian.
        "torch.fx.experimental.symbolic_shapes",
    ]
)


@contextmanager
def training(
    store: Store,
    run: str,
    *,
    checkpoint_seconds: float = 0.0,
    patience: float = PATIENCE_SECONDS,
    pause: float = 0.0,
    statements: int | None = None,
    ending: Any = None,
    may_end: Any = None,
) -> Iterator[BaseProcess]:
    """A process that goes on with the run, whose it is; killed at the latest when this is left.

    It pauses for so many seconds before each optimiser step. With ``statements`` it kills itself
    once it has told the database so much. It sets the event ``ending`` when it trains no more, and
    is about to say so. With the event ``may_end`` it makes no last optimiser step before that is
    set: whatever is done to the run before comes in time.
    """
    url = store.url.render_as_string(hide_password=False)
    arguments = (url, run, checkpoint_seconds, patience, pause, statements, ending, may_end)
    victim = _CONTEXT.Process(target=_train, args=arguments)
    victim.start()
    try:
        yield victim
    finally:
        kill(victim)


def kill(victim: BaseProcess) -> None:
    victim.kill()
    victim.join()


def event() -> Any:
    """One that a victim can set, or wait for."""
    return _CONTEXT.Event()


def is_there(process: psutil.Process) -> bool:
    """Whether it has not ended; one that nobody has buried has."""
    try:
        return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def processes_of(store: Store) -> list[psutil.Process]:
    """Every process but this one that uses the store."""
    url = store.url.render_as_string(hide_password=False)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("MEMORY_LAB_STORE") == url:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if is_there(process)]


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come true within {seconds:.0f} s"
        time.sleep(0.02)


def _train(
    url: str,
    run: str,
    checkpoint_seconds: float,
    patience: float,
    pause: float,
    statements: int | None,
    ending: Any,
    may_end: Any,
) -> None:
    from models.service import running
    from models.settings import machine
    from models.store import database
    from models.training import population_trainer

    database.BUSY_SECONDS = BUSY_SECONDS
    population_trainer.CHECKPOINT_SECONDS = checkpoint_seconds
    population_trainer.MAX_TURN_SECONDS = TURN_SECONDS
    machine.cores = lambda: THREADS
    store = Store(url, patience)
    if ending:
        _tell_the_end(store, ending)
    if pause:
        _slow_down(population_trainer.PopulationTrainer, pause, may_end)
    if statements is not None:
        _die_after(statements)
    if store.run(run).status == "queued" or store.resume(run, identity()):
        running.execute(store, run)


def _tell_the_end(store: Any, ending: Any) -> None:
    finish = store.finish

    def finish_and_tell(*arguments: object) -> object:
        ending.set()
        return finish(*arguments)

    store.finish = finish_and_tell


def _slow_down(training: Any, pause: float, may_end: Any) -> None:
    step = training.train_step

    def slow_step(self: Any) -> object:
        time.sleep(pause)
        if may_end and self.step == self.experiment.steps - 1:
            may_end.wait(PATIENCE_SECONDS)
        return step(self)

    training.train_step = slow_step


def _die_after(statements: int) -> None:
    left = iter(range(statements))

    def count(*_: object) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "after_cursor_execute", count)
    sa.event.listen(sa.Engine, "commit", count)
