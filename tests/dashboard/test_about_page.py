"""The About page says what the app is, allows, does and keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pandas as pd
from streamlit.testing.v1 import AppTest

import models
from dashboard.session.visitor import COOKIE
from models.analysis.glossary import GLOSSARY
from models.analysis.references import REFERENCES, citation
from models.experiment import Experiment
from models.settings.configuration import VARIABLES
from models.store import Store
from tests.dashboard.pages import tiny
from tests.recorded import finished

SMALL = tiny(steps=2)


def tables(page: AppTest) -> tuple[dict[str, str], dict[str, str]]:
    """What it allows, and where it runs."""
    allows, where = (_by_label(table.value) for table in page.table)
    return allows, where


def _by_label(table: pd.DataFrame) -> dict[str, str]:
    return {str(label): str(text) for label, text in table.iloc[:, 0].items()}


def metrics(page: AppTest) -> dict[str, str]:
    page.run()
    assert not page.exception
    return {metric.label: metric.value for metric in page.metric}


def test_it_says_which_version_this_is(about: AppTest) -> None:
    page = about.run()
    assert not page.exception
    assert f"Version {models.__version__}." in "\n".join(text.value for text in page.markdown)


def test_it_says_what_the_app_allows_and_nothing_secret(
    about: AppTest, configured: Callable[..., None], store: Store
) -> None:
    configured(minutes="7", megabytes="0512", keep_runs="0", shared="yes", trainers="3")
    page = about.run()
    assert not page.exception
    allows, where = tables(page)
    public = {name: one.help for name, one in VARIABLES.items() if one.public}
    assert list(allows) == list(public.values())
    assert set(VARIABLES) - set(public) == {"store", "logs", "log_level"}
    for name, value in (
        ("minutes", "7"),
        ("megabytes", "512"),
        ("keep_runs", "no limit"),
        ("shared", "yes"),
        ("trainers", "3"),
    ):
        assert allows[public[name]] == value
    assert {"memory_lab", "python", "torch", "cores", "speed"} <= set(where)
    everything = "\n".join(str(element.proto) for element in page.main)
    assert "Memory Lab" in everything
    assert str(store.file) not in everything


def test_it_says_what_the_app_is_doing_and_keeps(
    about: AppTest, cookies: dict[str, str], store: Store
) -> None:
    nothing = metrics(about)
    assert (nothing["Runs in training"], nothing["Runs waiting"]) == ("0", "0")
    assert (nothing["Store"], nothing["Runs in the store"]) == ("sqlite", "0")
    for visitor in ("anna", "boris"):
        store.create(Experiment(), visitor)
    store.create(Experiment(), process="a trainer")
    finished(store, SMALL)
    shown = metrics(about)
    assert (shown["Runs in training"], shown["Runs waiting"]) == ("1", "2")
    assert shown["Runs in the store"] == "4"
    assert shown["Database file"].endswith(" MiB")
    assert shown["Measurements"] == f"{sum(store.sizes().values()) / 2**20:.1f} MiB"
    assert shown["Load (1 min)"].endswith("cores")


def test_it_says_which_runs_are_the_visitors(
    about: AppTest, cookies: dict[str, str], store: Store
) -> None:
    secret = "a-secret-that-only-this-test-has"
    cookies[COOKIE] = secret
    for visitor in (hashlib.sha256(secret.encode()).hexdigest(), "boris", None):
        store.create(Experiment(), visitor)
    metrics(about)
    help_text = about.metric[0].proto.help
    assert help_text == "Yours among the runs in training or waiting: 1."


def test_what_visitors_want_to_know_comes_before_the_limits(about: AppTest) -> None:
    about.run()
    headings = [header.value for header in about.header]
    assert headings == [
        "How to cite",
        "Glossary",
        "Activity now",
        "Limits of this installation",
        "Machine and software",
    ]
    text = "\n".join(markdown.value for markdown in about.markdown)
    for term, meaning in GLOSSARY.items():
        assert f"**{term}**  \n{meaning}" in text
    for paper in REFERENCES:
        assert paper in text
    assert about.code[0].value == citation(models.__version__)
