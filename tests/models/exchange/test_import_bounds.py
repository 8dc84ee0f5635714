"""An import takes little memory and lets others write, and leaves nothing where it breaks off."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from models.exchange import import_run
from models.exchange.files import EXPERIMENT, from_store
from models.exchange.import_files import ImportedError
from models.exchange.import_run import discard_broken_off, import_file
from models.experiment import Experiment
from models.store import Store
from models.store.process import is_gone
from models.store.tables import PROFILES, ROWS, RUNS, SHARDS, WEIGHTS
from models.training.weights import FILE, KIND
from tests.properties import tiny_run

RUN = "20260102-030405-abcdefghijklmnop"

KILLED_AFTER = """
import os, signal, sys
from pathlib import Path
from models.exchange.import_run import import_file
from models.store import Store

store, left = Store(sys.argv[1]), int(sys.argv[3])
writing = store.writing

def counted(work):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return writing(work)

store.writing = counted
import_file(store, [Path(sys.argv[2])])
"""

ENDS_WHEN_TOLD = """
import sys
from pathlib import Path
from models.exchange.import_run import import_file
from models.store import Store

store = Store(sys.argv[1])
writing = store.writing

def paused(work):
    if getattr(work, "__name__", "") == "complete":
        print("all but complete", flush=True)
        input()
    return writing(work)

store.writing = paused
print(import_file(store, [Path(sys.argv[2])]))
"""

PEAK = """
import os, sys
from pathlib import Path
from models.exchange.import_files import ImportedError
from models.exchange.import_run import import_file
from models.store import Store

def peak(work):
    # A forked process: one that was started has the peak of who started it.
    process = os.fork()
    if not process:
        work()
        os._exit(0)
    return os.wait4(process, 0)[2].ru_maxrss

def work():
    try:
        print(import_file(Store(sys.argv[1]), [Path(sys.argv[2])]), flush=True)
    except ImportedError as error:
        print(error, flush=True)

Store(sys.argv[1])
idle = peak(lambda: Store(sys.argv[1]))
print(peak(work) - idle)
"""


def imported(store_url: str, path: Path) -> tuple[str, float]:
    """The new run, or why there is none, and how many more megabytes this takes at its peak."""
    told, peak = in_a_process(PEAK, store_url, path).stdout.splitlines()
    # In kilobytes, but on a Mac in bytes.
    return told, int(peak) / (10**6 if sys.platform == "darwin" else 10**3)


def in_a_process(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def exported(path: Path, experiment: Experiment) -> zipfile.ZipFile:
    """A ZIP with its description alone, which is open for more."""
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    told = {"run": RUN, "experiment": asdict(experiment), "environment": {}}
    archive.writestr(EXPERIMENT, json.dumps(told))
    return archive


def of_many_rows(path: Path, rows: int) -> None:
    experiment = Experiment(
        task="recall", cells=("lstm",), lengths=(1000,), seeds=rows // 1000, steps=1
    )
    lines = (
        f"{RUN},recall,lstm,1000,{seed},0.02,1,{t},0.25\n"
        for seed in experiment.seed_numbers
        for t in range(1, 1001)
    )
    header = "run,task,cell,length,seed,learning_rate,step,t,influence\n"
    with exported(path, experiment) as archive:
        archive.writestr("influence.csv", header + "".join(lines))


def of_zeros(path: Path, hidden: int, seeds: int) -> None:
    """Weights of so many models, all zeros, which hardly take room in a ZIP."""
    experiment = Experiment(
        task="recall",
        cells=("lstm",),
        lengths=(10,),
        seeds=seeds,
        steps=1,
        hidden_size=hidden,
        keep_weights="all",
    )
    size = experiment.parameter_count("lstm", hidden)
    weights = io.BytesIO()
    with zipfile.ZipFile(weights, "w", zipfile.ZIP_DEFLATED) as archive:
        for seed in range(seeds):
            name = f"lstm length=10 seed={seed} learning_rate=0.02 step=1.npy"
            with archive.open(name, "w") as file:
                described = {"descr": KIND.str, "fortran_order": False, "shape": (size,)}
                np.lib.format.write_array_header_1_0(file, described)
                for _ in range(16):
                    file.write(bytes(size * KIND.itemsize // 16))
    with exported(path, experiment) as archive:
        archive.writestr(FILE, weights.getvalue())


def rows_in(store: Store) -> dict[str, int]:
    """Of every table."""
    with store.reading() as connection:
        return {
            table.name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in (RUNS, *ROWS.values(), PROFILES, WEIGHTS, SHARDS)
        }


def test_a_table_of_many_rows_takes_little_memory(tmp_path: Path) -> None:
    of_many_rows(tmp_path / "a.zip", 300_000)
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    run, peak = imported(url, tmp_path / "a.zip")
    assert rows_in(Store(url))["influence"] == 300_000
    assert len(Store(url).runs()) == 1
    assert Store(url).run(run).size > 300_000
    assert peak < 100


def test_weights_take_the_memory_of_one_model(tmp_path: Path) -> None:
    of_zeros(tmp_path / "a.zip", 512, 25)
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    run, peak = imported(url, tmp_path / "a.zip")
    assert len(Store(url).weights(run)) == 25
    assert Store(url).run(run).size > 100 * 10**6
    assert peak < 60


def test_weights_that_are_too_large_at_any_depth_are_refused_unread(tmp_path: Path) -> None:
    of_zeros(tmp_path / "a.zip", 2048, 3)
    assert (tmp_path / "a.zip").stat().st_size < 10**6
    told, peak = imported(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path / "a.zip")
    assert told == "weights.npz: unpacked it is larger than 200 MB"
    assert peak < 20


def test_others_write_in_between_and_see_no_run_before_it_is_whole(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_many_rows(tmp_path / "a.zip", 30_000)
    other, seen = Store(store_url), [0]
    waiting = other.create(tiny_run.TINY)
    writing = store.writing

    def watched(work: Callable[[sa.Connection], Any]) -> Any:
        # Nobody holds a lock, and whoever tidies up leaves the import alone.
        other.heartbeat([waiting])
        discard_broken_off(other)
        result = writing(work)
        seen.append(rows_in(other)["influence"])
        assert other.count() == (1 if len(seen) < 3 or seen[-1] > seen[-2] else 2)
        return result

    monkeypatch.setattr(store, "writing", watched)
    run = import_file(store, [tmp_path / "a.zip"])
    assert max(np.diff(seen)) < 10_000
    assert seen[-1] == 30_000
    assert len(from_store(store, run).tables["influence"]) == 30_000


@pytest.mark.parametrize("transactions", [1, 3, 12])
def test_what_a_killed_import_leaves_is_gone_with_the_next(
    store: Store, store_url: str, tmp_path: Path, transactions: int
) -> None:
    (tmp_path / "a.zip").write_bytes(tiny_run.packed())
    kept = import_file(store, [tmp_path / "a.zip"])
    before = rows_in(store)
    ended = in_a_process(KILLED_AFTER, store_url, tmp_path / "a.zip", transactions)
    assert ended.returncode == -signal.SIGKILL
    left = rows_in(store)
    assert left["parts"] == 1
    assert (left != {**before, "parts": 1}) == (transactions > 1)
    assert [run.id for run in store.runs()] == [kept]
    discard_broken_off(store)
    assert rows_in(store) == before
    in_a_process(KILLED_AFTER, store_url, tmp_path / "a.zip", transactions)
    again = import_file(store, [tmp_path / "a.zip"])
    assert rows_in(store) == {name: 2 * rows for name, rows in before.items()}
    assert {run.id for run in store.runs()} == {kept, again}


def test_what_is_wrong_is_found_before_anything_is_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: object) -> None:
        raise AssertionError("a transaction")

    monkeypatch.setattr(store, "writing", never)
    for name, content in tiny_run.content().items():
        if name == EXPERIMENT:
            continue
        # A row twice, or a ZIP without its end.
        last = content.splitlines(keepends=True)[-1]
        wrong = content + last if name.endswith(".csv") else content.removesuffix(last)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for one, own in {**tiny_run.content(), name: wrong}.items():
                archive.writestr(one, own)
        with pytest.raises(ImportedError, match=rf"^{name}.*(measured before|damaged)"):
            import_file(store, [tmp_path / "a.zip"])
    packed = bytearray(tiny_run.packed())
    packed[len(packed) // 2] ^= 1
    (tmp_path / "a.zip").write_bytes(packed)
    with pytest.raises(ImportedError, match=r"^(this file cannot be opened|weights.npz)"):
        import_file(store, [tmp_path / "a.zip"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.zip", "b.zip"], "give one ZIP, or the files of one run"),
        (["a/accuracy.csv", "b/accuracy.csv"], "two files have the same name"),
        (["folder"], "'folder' is no plain file"),
        (["nowhere.zip"], "the files cannot be read: No such file or directory"),
        (["accuracy.csv"], "experiment.json is missing"),
    ],
)
def test_files_that_are_none_of_an_export_are_refused(
    store: Store, tmp_path: Path, names: list[str], message: str
) -> None:
    for folder in ("a", "b", "folder"):
        (tmp_path / folder).mkdir()
    for name in ("a.zip", "b.zip", "a/accuracy.csv", "b/accuracy.csv", "accuracy.csv"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ImportedError, match=f"^{message}"):
        import_file(store, [tmp_path / name for name in names])


def test_an_import_that_ends_while_others_tidy_up_keeps_its_rows(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zip").write_bytes(tiny_run.packed())
    kept = import_file(store, [tmp_path / "a.zip"])
    once = rows_in(store)
    command = [sys.executable, "-c", ENDS_WHEN_TOLD, store_url, str(tmp_path / "a.zip")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == "all but complete\n"

        def ends_before_it_is_looked_for(process: str) -> bool:
            run, _ = other.communicate("\n")
            assert {one.id for one in store.runs()} == {kept, run.strip()}
            return is_gone(process)

        monkeypatch.setattr(import_run, "is_gone", ends_before_it_is_looked_for)
        discard_broken_off(store)
    assert other.returncode == 0
    assert rows_in(store) == {name: 2 * rows for name, rows in once.items()}
