"""The life of runs in the store, whatever is done to them in whatever order, and whatever fails.

A small model says what each change must make of each run. A change that fails has been made of a
run wholly or not at all; with patience, as if nothing had failed.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.store import NotOursError, Status, Store, StoreError, UnknownRunError, database
from models.store.housekeeping import tidy
from models.store.lost_runs import close_lost_runs
from tests.imported import store_results
from tests.properties import tiny_run
from tests.properties.database_faults import FAULTS, KINDS, Fault, Faults
from tests.properties.generated import on
from tests.properties.lives import (
    ACTIVE,
    IMPORTED,
    PARTS,
    STEPS,
    TINY,
    Life,
    Lives,
    snapshot,
    stored_lives,
)

PROCESSES = (f"{platform.node()} {2**22 - 1} 1000.00", "another-host 1 1000.00")
"""The first has ended; of the second, nobody here can know."""
BROKEN_OFF: tuple[Status, ...] = ("stopped", "interrupted", "failed")
NEXT: dict[Status, tuple[Status, ...]] = {
    "queued": ("running", *BROKEN_OFF),
    "running": ("finished", *BROKEN_OFF),
    **dict.fromkeys(BROKEN_OFF, ACTIVE),
    "finished": (),
}
"""What may become of a run, said once more: here the store is held to it."""
CHANGES = 30
"""How many changes are made, one after the other, at most."""
MOST_RUNS = 4

WHICH = st.integers(0, 2 * MOST_RUNS)
"""Which run a change is about, see ``RunLives.run``."""
WHOSE = st.sampled_from([True, True, False])
"""Whether the process that makes a change is the run's."""
ROOM = precondition(lambda self: len(self.lives) < MOST_RUNS)


def one_is(*wanted: Status) -> Callable[[Any], Any]:
    """A change that is made where a run is in one of these."""
    return precondition(lambda self: any(life.status in wanted for life in self.lives.values()))


class RunLives(RuleBasedStateMachine):
    """Whatever trainers, pages and the command line do to the runs of a store."""

    def __init__(self, store: Store, faults: Faults) -> None:
        super().__init__()
        self.store, self.faults = store, faults
        for run in store.runs():
            store.delete(run.id)
        self.lives: Lives = {}
        """In the order in which they were made."""

    def run(self, which: int, *wanted: Status) -> str:
        """A run, where there is one in a status that is wanted; else any, or one that is gone."""
        fitting = [run for run, life in self.lives.items() if life.status in wanted]
        if which < 2 * MOST_RUNS and fitting:
            return fitting[which % len(fitting)]
        return [*self.lives, "gone"][which % (len(self.lives) + 1)]

    def life(self, run: str) -> Life:
        """What the store knows of it; of one that is gone, nothing can become."""
        return self.lives.get(run, Life("finished"))

    def process(self, run: str, ours: bool) -> str:
        """The process that trains the run, or another."""
        own = self.life(run).process or PROCESSES[0]
        return own if ours else next(one for one in PROCESSES if one != own)

    def change(
        self,
        work: Callable[[], Any],
        fault: Fault | None,
        after: Lives,
        result: object = None,
        made: Life | None = None,
    ) -> None:
        """Makes the change, which is expected to have this result, or to make this run."""
        self.store.patience = 10.0 if fault and fault.patient else 0.0
        try:
            with self.faults.befall(fault):
                found = work()
        except StoreError:
            if fault is None:
                raise
            self.settle(after, made, 0)
        else:
            new = self.settle(after, made, 1)
            assert found == (new[0] if made else result)

    def settle(self, after: Lives, made: Life | None, least: int) -> list[str]:
        """Of each run, the change was made or not; where it did not fail, it was."""
        stored = stored_lives(self.store)
        new = [run for run in stored if run not in self.lives]
        assert [stored[run] for run in new] == [made] * len(new)
        assert len(new) in ((least, 1) if made else (0,))
        for run, before in list(self.lives.items()):
            allowed = [after.get(run)] if least else [after.get(run), before]
            assert stored.get(run) in allowed
            self.check(before, stored.get(run))
        order = {run: stored[run] for run in (*self.lives, *new) if run in stored}
        self.lives = order
        return new

    @staticmethod
    def check(before: Life, after: Life | None) -> None:
        """What holds whatever the model says."""
        if after is None:
            return
        assert after.status == before.status or after.status in NEXT[before.status]
        assert after.done_steps >= before.done_steps
        assert all(new >= old for new, old in zip(after.measured, before.measured, strict=True))
        if after.status != "finished":  # those that were imported have rows alone
            assert all(
                one <= step for one, step in zip(after.checkpoints, after.stored, strict=True)
            )
            assert after.measured == tuple(max(step, 0) for step in after.stored)
            assert after.done_steps >= sum(after.measured) // len(PARTS)
        assert (after.process is not None) == (after.status == "running")

    def changed(self, run: str, **values: Any) -> Lives:
        """The runs after a change of one."""
        return {**self.lives, run: replace(self.lives[run], **values)}

    @initialize()
    def some_are_there(self) -> None:
        for process in (None, *PROCESSES):
            self.create(process, None)

    @ROOM
    @rule(process=st.sampled_from([None, None, *PROCESSES]), fault=FAULTS)
    def create(self, process: str | None, fault: Fault | None) -> None:
        made = Life("running" if process else "queued", process)
        self.change(lambda: self.store.create(TINY, process=process), fault, self.lives, made=made)

    @ROOM
    @rule(fault=FAULTS)
    def import_results(self, fault: Fault | None) -> None:
        fault = replace(fault, patient=False) if fault else None
        results = tiny_run.results()
        self.change(lambda: store_results(self.store, results), fault, self.lives, made=IMPORTED)

    @one_is("queued")
    @rule(which=WHICH, ours=WHOSE, fault=FAULTS)
    def begin(self, which: int, ours: bool, fault: Fault | None) -> None:
        run = self.run(which, "queued")
        process = self.process(run, ours)
        free = self.life(run).status == "queued" or self.life(run).process == process
        after = self.changed(run, status="running", process=process) if free else self.lives

        def work() -> bool:
            try:
                self.store.begin(run, {"kernels": "compiled 1"}, process)
            except NotOursError:
                return False
            return True

        self.change(work, fault, after, free)

    @one_is("running")
    @rule(
        which=WHICH,
        ours=WHOSE,
        part=st.integers(0, len(PARTS) - 1),
        steps=st.integers(0, 3),
        again=st.booleans(),
        checkpoint=st.booleans(),
        fault=FAULTS,
    )
    def train(
        self,
        which: int,
        ours: bool,
        part: int,
        steps: int,
        again: bool,
        checkpoint: bool,
        fault: Fault | None,
    ) -> None:
        """``again`` from the last checkpoint, as after a fault."""
        run = self.run(which, "running")
        life, process = self.life(run), self.process(run, ours)
        here = [max(one, 0) for one in (life.checkpoints if again else life.stored)]
        start = here[part]
        here[part] = step = min(start + steps, STEPS)
        done = sum(here) // len(PARTS)
        measured = snapshot(part, start, step, checkpoint)

        def reached(before: tuple[int, ...]) -> tuple[int, ...]:
            return (*before[:part], max(before[part], step), *before[part + 1 :])

        after = self.lives
        if life.process == process:
            stored = reached(life.measured)
            after = self.changed(
                run,
                done_steps=max(life.done_steps, done, sum(stored) // len(PARTS)),
                stored=reached(life.stored),
                measured=stored,
                checkpoints=reached(life.checkpoints) if checkpoint else life.checkpoints,
            )
        self.change(lambda: self.store.append(run, measured, done, process), fault, after)

    @one_is(*ACTIVE)
    @rule(which=WHICH, fault=FAULTS)
    def request_stop(self, which: int, fault: Fault | None) -> None:
        run = self.run(which, *ACTIVE)
        active = self.life(run).status in ACTIVE
        after = self.changed(run, stop_requested=True) if active else self.lives
        self.change(lambda: self.store.request_stop(run), fault, after)

    @rule(which=WHICH, fault=FAULTS)
    def heartbeat(self, which: int, fault: Fault | None) -> None:
        self.change(lambda: self.store.heartbeat([self.run(which)]), fault, self.lives)

    @one_is(*ACTIVE)
    @rule(
        which=WHICH,
        status=st.sampled_from([one for one in get_args(Status) if one not in ACTIVE]),
        known=st.booleans(),
        ours=WHOSE,
        fault=FAULTS,
    )
    def finish(
        self, which: int, status: Status, known: bool, ours: bool, fault: Fault | None
    ) -> None:
        """By a process that is ``known``, or by anybody."""
        run = self.run(which, *ACTIVE)
        life, process = self.life(run), self.process(run, ours) if known else None
        ends = (
            status in NEXT[life.status]
            and life.status in ACTIVE
            and process in (None, life.process)
        )
        after = self.lives
        if ends:
            after = self.changed(run, status=status, process=None)
        self.change(lambda: self.store.finish(run, status, "", process), fault, after, ends)

    @one_is(*BROKEN_OFF)
    @rule(which=WHICH, process=st.sampled_from([None, *PROCESSES]), fault=FAULTS)
    def resume(self, which: int, process: str | None, fault: Fault | None) -> None:
        run = self.run(which, *BROKEN_OFF)
        may = self.life(run).status in BROKEN_OFF
        after = self.lives
        if may:
            after = self.changed(
                run,
                status="running" if process else "queued",
                process=process,
                stop_requested=False,
                resumed=self.life(run).resumed + 1,
            )
        self.change(lambda: self.store.resume(run, process), fault, after, may)

    @rule(which=WHICH, pinned=st.booleans(), fault=FAULTS)
    def pin(self, which: int, pinned: bool, fault: Fault | None) -> None:
        run = self.run(which)
        known = run in self.lives

        def work() -> bool:
            try:
                self.store.pin(run, pinned)
            except UnknownRunError:
                return False
            return True

        self.change(work, fault, self.changed(run, pinned=pinned) if known else self.lives, known)

    @rule(which=WHICH, unless_kept=st.booleans(), fault=FAULTS)
    def delete(self, which: int, unless_kept: bool, fault: Fault | None) -> None:
        run = self.run(which)
        stays = unless_kept and run in self.lives and self.lives[run].kept
        after = {one: life for one, life in self.lives.items() if one != run or stays}
        self.change(lambda: self.store.delete(run, unless_kept), fault, after, not stays)

    @rule(keep_runs=st.integers(1, MOST_RUNS), fault=FAULTS)
    def tidy(self, keep_runs: int, fault: Fault | None) -> None:
        excess = max(len(self.lives) - keep_runs, 0)
        gone = [run for run, life in self.lives.items() if not life.kept][:excess]
        after = {run: life for run, life in self.lives.items() if run not in gone}
        self.change(lambda: tidy(self.store, keep_runs), fault, after, gone)

    @one_is("running")
    @rule(fault=FAULTS)
    def close_lost_runs(self, fault: Fault | None) -> None:
        lost = {run for run, life in self.lives.items() if life.process == PROCESSES[0]}
        after = {
            run: replace(life, status="interrupted", process=None) if run in lost else life
            for run, life in self.lives.items()
        }
        self.change(lambda: set(close_lost_runs(self.store)), fault, after, lost)

    @invariant()
    def every_run_can_be_read(self) -> None:
        assert [run.id for run in self.store.runs()][::-1] == list(self.lives)

    def teardown(self) -> None:
        for run in self.lives:
            self.store.delete(run)
        assert stored_lives(self.store) == {}


LIFE: tuple[Callable[[RunLives, Fault | None], None], ...] = (
    lambda lives, fault: lives.create(None, fault),
    lambda lives, fault: lives.begin(0, True, fault),
    lambda lives, fault: lives.train(0, True, 0, 2, False, True, fault),
    lambda lives, fault: lives.train(0, True, 0, 1, False, False, fault),
    lambda lives, fault: lives.train(0, True, 1, 3, True, False, fault),
    lambda lives, fault: lives.train(0, True, 0, 0, True, False, fault),
    lambda lives, fault: lives.begin(0, False, fault),
    lambda lives, fault: lives.train(0, False, 1, 3, False, True, fault),
    lambda lives, fault: lives.finish(0, "stopped", True, False, fault),
    lambda lives, fault: lives.heartbeat(0, fault),
    lambda lives, fault: lives.request_stop(0, fault),
    lambda lives, fault: lives.finish(0, "stopped", True, True, fault),
    lambda lives, fault: lives.resume(0, None, fault),
    lambda lives, fault: lives.begin(0, True, fault),
    lambda lives, fault: lives.close_lost_runs(fault),
    lambda lives, fault: lives.resume(0, PROCESSES[1], fault),
    lambda lives, fault: lives.train(0, True, 0, 3, True, True, fault),
    lambda lives, fault: lives.finish(0, "finished", True, True, fault),
    lambda lives, fault: lives.request_stop(0, fault),
    lambda lives, fault: lives.resume(0, None, fault),
    lambda lives, fault: lives.pin(0, True, fault),
    lambda lives, fault: lives.delete(0, True, fault),
    lambda lives, fault: lives.pin(0, False, fault),
    lambda lives, fault: lives.create(PROCESSES[0], fault),
    lambda lives, fault: lives.tidy(1, fault),
    lambda lives, fault: lives.delete(0, False, fault),
)
"""Every change that is made, and some that must not be: of another process, of a finished run."""


@pytest.fixture
def faults(store: Store, monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setattr(database, "RETRY_SECONDS", 0.0)
    return Faults(store)


def test_every_change_meets_every_fault(store: Store, faults: Faults) -> None:
    refused = [Fault("refused", number, False) for number in (0, 1, 2, 3, 5, 8)]
    others = [Fault("lost", 4, False), Fault("unanswered", 0, False)]
    for fault in (*refused, *others, *(Fault(kind, 1, True) for kind in KINDS)):
        lives = RunLives(store, faults)
        for change in LIFE:
            change(lives, fault)
            if not fault.patient:
                change(lives, None)
        assert len(lives.lives) < 2
        lives.teardown()


def test_runs_live_as_they_may(store: Store, faults: Faults) -> None:
    tiny_run.results()
    run_state_machine_as_test(
        lambda: RunLives(store, faults),  # type: ignore[arg-type]  # it may be any factory
        settings=settings(
            on("lives of runs"), stateful_step_count=CHANGES, phases=[Phase.generate]
        ),
    )
