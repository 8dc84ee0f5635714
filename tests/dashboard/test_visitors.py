"""Whose runs a visitor lists and manages, and what of a visitor is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.session.visitor import COOKIE
from models.experiment import Experiment
from models.store import Store
from tests.dashboard import pages
from tests.dashboard.pages import app

ANNA, BORIS = "anna-has-this-secret-and-noone-else", "boris-has-another-one-of-his-own"
SMALL = {"steps": "10", "lengths": ["10"], "seeds": "1"}


@pytest.fixture(autouse=True)
def strangers(configured: Callable[..., None]) -> None:
    """Visitors have nothing in common, as is the default."""
    configured(shared="")


def opened(page: AppTest, run: str = "") -> AppTest:
    """In a new session, with a small experiment or a run."""
    page.query_params.update({"run": run} if run else SMALL)
    page.run()
    assert not page.exception
    return page


def trained(store: Store) -> str:
    """What the visitor whose cookie is sent puts into the queue."""
    before = {run.id for run in store.runs()}
    page = opened(app()).button(key="train").click().run()
    assert not page.exception
    (run,) = {run.id for run in store.runs()} - before
    return run


def listed(page: AppTest, store: Store) -> set[str]:
    """The runs that the Runs page shows."""
    page.run()
    assert not page.exception
    shown = set(pages.listed(page)["id"])
    return {run.id for run in store.runs() if run.short_id in shown}


def test_a_visitor_lists_own_runs_and_no_others(cookies: dict[str, str], store: Store) -> None:
    nobodys = store.create(Experiment())
    cookies[COOKIE] = ANNA
    annas = trained(store)
    cookies[COOKIE] = BORIS
    boriss = trained(store)
    assert listed(app("runs.py"), store) == {boriss}
    cookies[COOKIE] = ANNA
    assert listed(app("runs.py"), store) == {annas}
    assert nobodys in {run.id for run in store.runs()}


def test_a_session_without_a_cookie_is_nobody_else(store: Store) -> None:
    trained(store)
    assert listed(app("runs.py"), store) == set()


def test_where_the_app_is_shared_everyone_lists_and_manages_all(
    cookies: dict[str, str], store: Store, configured: Callable[..., None]
) -> None:
    configured(shared="yes")
    cookies[COOKIE] = ANNA
    runs = {store.create(Experiment()), trained(store)}
    cookies[COOKIE] = BORIS
    assert listed(app("runs.py"), store) == runs
    for run in runs:
        assert "Stop" in pages.buttons(opened(app(), run))


def test_a_stranger_looks_at_a_run_by_its_address_and_cannot_manage_it(
    cookies: dict[str, str], store: Store
) -> None:
    cookies[COOKIE] = ANNA
    run = trained(store)
    own, strangers = app(), app()
    assert {"Stop"} <= set(pages.buttons(opened(own, run)))
    cookies[COOKIE] = BORIS
    page = opened(strangers, run)
    assert pages.experiment(page).steps == 10
    assert "Stop" not in pages.buttons(page)
    assert not [info for info in page.info if "Your run" in info.value]
    store.finish(run, "stopped")
    assert "stopped after 0 of 10 steps" in pages.captions(page.run())
    assert "Resume" not in pages.buttons(page)
    assert "Resume" in pages.buttons(own.run())


def test_a_stranger_can_train_the_experiment_that_is_on_show(
    cookies: dict[str, str], store: Store
) -> None:
    cookies[COOKIE] = ANNA
    run = trained(store)
    cookies[COOKIE] = BORIS
    page = opened(app(), run)
    assert not page.button(key="train").disabled
    page.button(key="train").click().run()
    assert not page.exception
    assert store.count() == 2
    assert listed(app("runs.py"), store) == {one.id for one in store.runs()} - {run}


def test_the_secret_is_nowhere_in_the_store_and_on_the_page(
    cookies: dict[str, str], store: Store
) -> None:
    cookies[COOKIE] = ANNA
    run = trained(store)
    assert store.run(run).visitor
    assert store.file
    with sqlite3.connect(store.file) as connection:
        dump = "\n".join(connection.iterdump())
    assert run in dump
    assert ANNA not in dump
    for one in (opened(app()), opened(app(), run)):
        everything = "\n".join(str(element.proto) for element in (*one.main, *one.sidebar))
        assert "Train" in everything
        assert str(store.run(run).visitor) not in everything
        assert ANNA not in everything
