"""A run from the press of Train on: the page stands at once, the pictures follow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.sections import live_run
from dashboard.session import current_run
from dashboard.sidebar import controls
from models.kernels.version import kernels_on
from models.store import Store
from models.store.environment import environment
from models.store.process import identity
from models.training.train import train
from tests.dashboard import pages
from tests.dashboard.fake_scheduler import FakeScheduler

TINY = pages.tiny(steps=2, evaluate_every=2)


def test_the_press_is_answered_without_pictures_however_fast_the_run_was(
    race: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train_at_once(scheduler: FakeScheduler) -> None:
        for run in store.active():
            store.begin(run.id, environment(kernels_on("cpu")), identity())
            for snapshot in train(run.experiment):
                store.append(run.id, snapshot, snapshot.step)
            store.finish(run.id, "finished")

    monkeypatch.setattr(FakeScheduler, "wake", train_at_once)
    for name, values in controls.address_of(TINY).items():
        race.query_params[name] = values
    page = race.run().button(key="train").click().run()
    assert not page.exception
    assert "finished" in pages.captions(page)
    assert pages.spans(page).count("not known yet") == 1
    assert "accuracy.csv" not in pages.downloads(page)


class Again(Exception):  # noqa: N818
    """The page is started again."""


def test_only_after_the_page_stands_it_is_started_again_for_another_phase_or_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start_again() -> None:
        raise Again

    reader: Any = SimpleNamespace(waits=True)
    run: Any = SimpleNamespace(id="one", active=False)
    known: Any = current_run
    monkeypatch.setattr(st, "rerun", start_again)
    monkeypatch.setattr(live_run, "_ended", lambda run: None)
    monkeypatch.setattr(known, "current", lambda: run)
    monkeypatch.setattr(known, "reader", lambda: reader)
    monkeypatch.setattr(known, "phase", lambda run: "starting" if reader.waits else "ended")
    status = live_run._RunStatus("one", "starting")
    assert status.draw() is run
    assert reader.waits, "whoever is interrupted here still waits"
    with pytest.raises(Again):
        status.draw()
    status = live_run._RunStatus("one", "ended")
    assert status.draw() is run
    other: Any = SimpleNamespace(id="another", active=False)
    monkeypatch.setattr(known, "current", lambda: other)
    with pytest.raises(Again):
        status.draw()
