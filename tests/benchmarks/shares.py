"""Where the time of a training goes: the shares of its stages, in one thread.

    python -m tests.benchmarks.shares [--preset who_remembers] [--steps 100]

Trains a preset into a store of its own. A stage's time is that of its functions without what they
call of other stages. *Kernels* are their passes forward and back through time, those of evaluations
apart.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from models.experiment.presets import PRESETS
from models.kernels.kernel import Kernel
from models.population import compiled
from models.service.running import execute
from models.settings import machine
from models.store import Store
from models.tasks import make_task
from models.training import measurement
from models.training.measurement import Measurement
from models.training.optimiser import PopulationOptimiser
from models.training.population_trainer import PopulationTrainer

EVALUATION = "evaluation: "


@dataclass
class Clock:
    """Seconds by stage; what runs inside another stage is not counted twice."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    stages: list[str] = field(default_factory=list)
    since: float = 0.0

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose time counts as that stage's."""

        @functools.wraps(function)
        def wrapped(*positional: Any, **named: Any) -> Any:
            inside = any(one.startswith(EVALUATION) for one in self.stages)
            self._turn()
            self.stages.append(EVALUATION + stage if inside and stage == "kernels" else stage)
            try:
                return function(*positional, **named)
            finally:
                self._turn()
                self.stages.pop()

        return wrapped

    def _turn(self) -> None:
        now = time.perf_counter()
        if self.stages:
            self.seconds[self.stages[-1]] += now - self.since
        self.since = now


def stages(task: type) -> list[tuple[Any, str, str]]:
    """Who has which function, and the stage that this belongs to."""
    return [
        (Kernel, "forward", "kernels"),
        (Kernel, "backward", "kernels"),
        (PopulationTrainer, "train_step", "the rest of an optimiser step"),
        (task, "sample", "drawing sequences"),
        (compiled, "read_out", "readout"),
        (compiled, "read_out_backward", "readout"),
        (PopulationOptimiser, "step", "optimiser"),
        (Measurement, "evaluation", EVALUATION + "its tables"),
        (Measurement, "_score", EVALUATION + "held-out sequences"),
        (measurement, "gradient_profile", EVALUATION + "gradient profile"),
        (measurement, "measure_recurrence", EVALUATION + "diagnostics"),
        (measurement, "measure_connectivity", EVALUATION + "diagnostics"),
        (Measurement, "_behaviour", EVALUATION + "diagnostics"),
        (Store, "append", "store"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preset", choices=list(PRESETS), default="who_remembers")
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    experiment = replace(PRESETS[options.preset].experiment, steps=options.steps, device="cpu")
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(patch.object(machine, "cores", lambda: 1))
        store = Store(f"sqlite:///{Path(folder) / 'runs.sqlite'}")
        execute(store, store.create(replace(experiment, steps=1)))  # loads all kernels
        for owner, name, stage in stages(type(make_task(experiment.task))):
            stack.enter_context(patch.object(owner, name, clock.timed(stage, getattr(owner, name))))
        run = store.create(experiment)
        clock.timed("turns, snapshots", execute)(store, run)
    total = sum(clock.seconds.values())
    print(f"{options.preset}, {options.steps} steps: {total:.1f} s in one thread")
    for stage, seconds in sorted(clock.seconds.items(), key=lambda pair: -pair[1]):
        print(f"{stage:40}{seconds:8.2f} s{100 * seconds / total:7.1f} %")


if __name__ == "__main__":
    main()
