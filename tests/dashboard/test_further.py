"""What can be added to a finished run, on its page."""

from __future__ import annotations

from dataclasses import replace
from operator import methodcaller

import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from models.analysis.narrowing import Goal
from models.experiment.extension import extended
from models.store import Store
from models.store.extension import grow
from models.store.process import identity
from models.store.run import short_id
from models.store.tables import RUNS
from tests.dashboard import pages
from tests.recorded import finished, measured

TINY = pages.tiny(steps=4, evaluate_every=2, lengths=(10, 40), seeds=2)


def opened(race: AppTest, run: str, control: str) -> AppTest:
    """The page of a run with one of the controls open."""
    page = pages.open_run(race, run)
    page.session_state[control] = True
    return page.run()


def shown(page: AppTest) -> str:
    """The captions as they are read, without what escapes their signs."""
    return pages.captions(page).replace("\\", "")


def test_a_press_extends_the_run_and_shows_what_was_there_already(
    race: AppTest, store: Store
) -> None:
    run = finished(store, TINY)
    page = opened(race, run, "extend")
    assert page.button(key="extend_start").disabled
    page.number_input(key="extend_seeds").set_value(3)
    page.multiselect(key="extend_lengths").set_value(["20"])
    page.multiselect(key="extend_cells").set_value(["gru"])
    page.run()
    assert "14 of 18 models are trained, the others are taken over" in shown(page)
    page.button(key="extend_start").click().run()
    assert not page.exception
    new, old = store.runs()
    assert (old.id, old.status, old.experiment) == (run, "finished", TINY)
    more = {"seeds": 3, "lengths": (20,), "cells": ("gru",)}
    assert new.experiment == extended(TINY, more)
    assert (new.extends, new.status, new.done_steps) == (run, "queued", 0)
    assert new.visitor
    assert app_resources.scheduler().woken == 1  # type: ignore[attr-defined]
    assert pages.experiment(page) == new.experiment
    assert page.session_state["seeds"] == 3, "the sidebar goes along"


def test_what_cannot_be_extended_says_why(race: AppTest, store: Store) -> None:
    run = finished(store, TINY)
    page = opened(race, run, "extend")
    page.multiselect(key="extend_lengths").set_value(["ten"]).run()
    assert "Lengths: expected a whole number." in shown(page)
    page.multiselect(key="extend_lengths").set_value(["3"]).run()
    assert "needs sequences of at least 10" in shown(page)
    assert page.button(key="extend_start").disabled
    store.writing(methodcaller("execute", sa.update(RUNS).values(kernels=None)))
    page = pages.open_run(race, run)
    assert "extend_start" not in [button.key for button in page.button]


def test_nothing_is_offered_before_the_end_and_of_no_run(race: AppTest, store: Store) -> None:
    for key in ("extend", "narrow"):
        page = opened(race, measured(store, TINY, until=2), key)
        assert not {"extend_start", "narrow_start"} & {button.key for button in page.button}


def test_where_nothing_can_be_narrowed_down_it_says_why(race: AppTest, store: Store) -> None:
    page = opened(race, finished(store, TINY), "narrow")
    assert "Nothing to add: every interval is within a factor of 1.5, but for" in shown(page)
    assert page.button(key="narrow_start").disabled


def test_a_run_that_grows_takes_the_sidebar_along(race: AppTest, store: Store) -> None:
    run = measured(store, TINY)
    page = pages.open_run(race, run)
    assert page.session_state["lengths"] == ["10", "40"]
    grow(store, store.run(run), extended(TINY, {"lengths": (20,)}), identity())
    page.run()
    assert not page.exception
    assert page.session_state["lengths"] == ["10", "20", "40"]
    assert "The settings have changed since this run." not in shown(page)


def test_settings_that_were_changed_meanwhile_stay(race: AppTest, store: Store) -> None:
    run = measured(store, TINY)
    page = pages.open_run(race, run)
    page.number_input(key="seeds").set_value(5).run()
    grow(store, store.run(run), extended(TINY, {"lengths": (20,)}), identity())
    page.run()
    assert page.session_state["lengths"] == ["10", "40"]
    assert page.session_state["seeds"] == 5


def test_narrowing_is_a_run_with_a_goal(race: AppTest, store: Store) -> None:
    own = replace(TINY, first_seed=5)  # whose rows are changed
    run = measured(store, own)
    flips = sa.text("UPDATE accuracy SET accuracy = CASE WHEN length = 10 THEN 1 ELSE 0 END")
    store.writing(methodcaller("execute", flips))
    store.finish(run, "finished")
    page = opened(race, run, "narrow")
    assert "It begins with 1 more seed: about" in shown(page)
    page.number_input(key="narrow_factor").set_value(2.0)
    page.number_input(key="narrow_minutes").set_value(3).run()
    page.button(key="narrow_start").click().run()
    assert not page.exception
    new = store.runs()[0]
    assert (new.experiment, new.extends, new.narrows) == (own, run, Goal(2.0, 180))


def test_why_narrowing_down_has_ended_stands_below_the_plot(race: AppTest, store: Store) -> None:
    run = measured(store, TINY)
    values = {"narrow_factor": 2.0, "narrow_seconds": 60.0, "extends": "another"}
    store.writing(methodcaller("execute", sa.update(RUNS).values(**values)))
    store.finish(run, "finished", "every interval is within a factor of 2")
    told = shown(pages.open_run(race, run))
    assert f"Run {short_id(run)} finished." in told
    assert "Narrowed down: every interval is within a factor of 2. This run extends run" in told
