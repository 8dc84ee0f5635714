"""A store that is deleted while a run trains: nobody is left to stop it, or to see it end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from models.store import Store
from tests.faults.victims import training, wait_until
from tests.faults.whole import EXPERIMENT


def test_a_run_ends_where_its_store_is_deleted(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.create(replace(EXPERIMENT, steps=10**6))
    with training(store, run) as victim:
        wait_until(lambda: bool(store.profile_steps(run)))
        for file in tmp_path.iterdir():
            file.unlink()
        victim.join(60)
        assert victim.exitcode == 0
