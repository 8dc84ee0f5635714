"""Training on the workers of a Dask cluster, in the place of ``models.training.train.train``.

A worker trains a piece of a shard, a few models of one cell, for one turn, and hands its snapshot
back with the checkpoint from which any worker continues: what a killed worker had is trained
elsewhere from there, which Dask sees to. Pieces take turns, the least advanced first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from models.analysis.words import count, join_words
from models.experiment import Experiment, ExperimentError
from models.experiment.partition import Shard
from models.kernels.version import COMPILED, kernels_on
from models.settings import __version__

if TYPE_CHECKING:  # torch, which the command line imports only where it trains
    from models.training.checkpoint import Checkpoint
    from models.training.pieces import ShardInPieces
    from models.training.snapshot import Snapshot

REQUIREMENT = "distributed>=2026.3,<2027"
"""What machines of a cluster need beside the requirements of the project."""
ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer."""
ASK_SECONDS = 0.2
"""How often is asked whether to stop, while nothing arrives."""
PIECES_PER_THREAD = 4
"""So that workers have something to do while the slowest of a shard's models are evaluated."""


class ClusterError(Exception):
    """A cluster cannot be used; the message says why and what to do."""


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler has this address. Raises ClusterError where there is none."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            f'--scheduler needs Dask: pip install "{REQUIREMENT}", or leave it out to train here'
        ) from error
    try:
        client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {address}: start one with `python -m dask scheduler`, which "
            "prints its address, such as tcp://10.0.0.1:8786"
        ) from error
    with client:
        yield Cluster(client, address)


@dataclass(frozen=True)
class Cluster:
    """The workers of a cluster."""

    client: Any
    """The ``distributed.Client`` of its scheduler."""
    address: str
    """The address of the scheduler."""

    def __str__(self) -> str:
        """What it is, for people."""
        return f"{count(self.threads, 'thread')} of the cluster at {self.address}"

    @property
    def threads(self) -> int:
        """How many turns its workers can train at once."""
        return sum(self.client.nthreads().values())

    def check(self) -> str:
        """Says in which versions and processors workers differ from here; "" where in none.

        Raises ClusterError where there are no workers, or one cannot load Memory Lab.
        """
        start = f"`python -m dask worker {self.address} --nthreads 1` in the folder of Memory Lab"
        if not self.threads:
            raise ClusterError(f"the scheduler at {self.address} has no workers: start {start}")
        try:
            found = self.client.run(_numerics)
        except Exception as error:  # Dask has its own for what a worker cannot read
            raise ClusterError(
                f"a worker cannot load Memory Lab ({error}): start {start}"
            ) from error
        here = _numerics()
        others = {
            name: join_words(sorted({own[name] for own in found.values()} - {value}))
            for name, value in here.items()
        }
        return "; ".join(
            f"{name} {other}, not {here[name]} as here" for name, other in others.items() if other
        )

    def train(
        self,
        experiment: Experiment,
        should_stop: Callable[[], bool],
        *,
        checkpoints: Mapping[Shard, Checkpoint],
        shards: Sequence[Shard],
    ) -> Iterator[Snapshot]:
        """Trains the models of ``shards``; yields a snapshot after each evaluation of one.

        They are the snapshots of ``models.training.train.train``, bit for bit, from workers with
        the same processor and libraries. Raises ExperimentError where the experiment asks for a
        GPU, or a worker has another release, and ClusterError where the scheduler is lost.
        """
        from models.training.pieces import ShardInPieces
        from models.training.train import choose_device

        experiment.check_trainable()
        if kernels_on(choose_device(experiment.device).type) != COMPILED:
            raise ExperimentError(
                "a cluster trains on CPUs, with the compiled kernels: use device cpu, with numba"
            )
        wanted = PIECES_PER_THREAD * self.threads
        size = max(1, sum(len(shard.models) for shard in shards) // max(1, wanted))
        turns = _Turns(
            self,
            experiment,
            [ShardInPieces(experiment, shard, size, checkpoints.get(shard)) for shard in shards],
        )
        try:
            yield from turns.train(should_stop)
        finally:
            turns.cancel()


def _numerics() -> dict[str, str]:
    """What the last digits of a model's numbers depend on, beside its experiment."""
    from llvmlite.binding import get_host_cpu_name

    libraries = {name: version(name) for name in ("torch", "numpy", "scipy", "numba")}
    return {"Memory Lab": __version__, **libraries, "processor": get_host_cpu_name()}


class _Turns:
    """The turns that a cluster's workers train, and what they measure, shard by shard."""

    def __init__(
        self, cluster: Cluster, experiment: Experiment, shards: Sequence[ShardInPieces]
    ) -> None:
        self._cluster, self._experiment, self._shards = cluster, experiment, shards
        self._running: dict[str, Any] = {}
        """The futures of the turns on their way, by their keys."""
        self._done: SimpleQueue[Any] = SimpleQueue()
        """Those of them that have ended, one way or another."""

    def train(self, should_stop: Callable[[], bool]) -> Iterator[Snapshot]:
        shard_of = {piece: shard for shard in self._shards for piece in shard.pieces}
        for piece, shard in shard_of.items():
            self._submit(piece, shard.checkpoints.get(piece))
        while self._running:
            for snapshot in self._arrived():
                shard = shard_of[snapshot.shard]
                whole = shard.add(snapshot)
                if snapshot.step < self._experiment.steps:
                    self._submit(snapshot.shard, snapshot.checkpoint)
                if whole:
                    yield whole
            if should_stop():
                yield from filter(None, [shard.last_snapshot() for shard in self._shards])
                return

    def _submit(self, piece: Shard, checkpoint: Checkpoint | None) -> None:
        from models.training.pieces import train_turn

        future = self._cluster.client.submit(
            train_turn,
            self._experiment,
            piece,
            checkpoint,
            COMPILED,
            pure=False,
            priority=-(checkpoint.step if checkpoint else -1),
        )
        self._running[future.key] = future
        future.add_done_callback(self._done.put)

    def _arrived(self) -> Sequence[Snapshot]:
        """The snapshots that are there by now; waits a moment where none is."""
        try:
            futures = [self._done.get(timeout=ASK_SECONDS)]
        except Empty:
            return []
        futures += [self._done.get() for _ in range(self._done.qsize())]
        try:
            found: list[Snapshot] = self._cluster.client.gather(futures)
        except CancelledError as error:
            raise ClusterError(
                f"the scheduler at {self._cluster.address} is lost: what has arrived is kept"
            ) from error
        for future in futures:
            del self._running[future.key]
        return found

    def cancel(self) -> None:
        """Ends the turns that no one waits for any more."""
        self._cluster.client.cancel(list(self._running.values()))
