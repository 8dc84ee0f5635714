"""The next round of a run that narrows memory spans down, by what it has measured."""

from __future__ import annotations

from functools import cache

from models.analysis.memory_span import estimates
from models.analysis.narrowing import Goal, Round, next_round
from models.exchange.files import from_store
from models.experiment import Experiment
from models.experiment.cost import Limits, Speed, estimate
from models.service.questions.speed import speed
from models.store import Store
from models.store.run import Run


def round_after(store: Store, run: Run, goal: Goal, megabytes: float | None = None) -> Round:
    """What to train after a run that has come to its end, in so much memory.

    Raises UnknownRunError, StoreError.
    """
    results = from_store(store, run.id, ("accuracy", "validation"), weights=False)
    earlier, limits = (*run.earlier, run.experiment), Limits(megabytes=megabytes)

    def seconds(wanted: Experiment) -> float | None:
        cost = estimate(wanted, _speed(), earlier=earlier)
        return cost.seconds if limits.allow(cost) else None

    return next_round(run.experiment, estimates(results.accuracy), goal, seconds)


@cache
def _speed() -> Speed:
    return Speed.from_answer(speed())
