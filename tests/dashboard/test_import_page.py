"""Exported results are opened again on the Runs page."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from models.exchange.files import from_store, zip_bytes
from models.store import Store
from tests.dashboard import pages
from tests.imported import from_files, store_results
from tests.properties import tiny_run

KIND = "application/octet-stream"
EVIL = "**b** [x](http://evil.example) ![i](http://evil.example/i.png) <script>alert(1)</script>"


def described(**changes: Any) -> bytes:
    """experiment.json with some of what it says changed."""
    told = json.loads(tiny_run.content()["experiment.json"])
    return json.dumps({**told, **changes}).encode()


def opened(race: AppTest, files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> AppTest:
    """The page after these files were dropped on the Runs page and the button was pressed."""
    pairs = files.items() if isinstance(files, Mapping) else files
    page = race.run().switch_page("views/runs.py").run()
    (uploader,) = page.file_uploader
    uploader.set_value([(name, content, KIND) for name, content in pairs])
    page.run()
    page.button(key="import").click().run()
    assert not page.exception
    return page


def refused(page: AppTest) -> str:
    (told,) = [error.value for error in page.error if error.value.startswith("Not opened")]
    assert "\n" not in told
    return told.replace("\\", "")


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "files"])
def test_what_was_exported_is_a_run_again_and_on_show(
    race: AppTest, store: Store, as_zip: bool
) -> None:
    files = {"my results.ZIP": zip_bytes(tiny_run.results())} if as_zip else tiny_run.content()
    page = opened(race, files)
    (run,) = store.runs()
    assert page.query_params["run"] in (run.id, [run.id])
    assert pages.experiment(page) == tiny_run.TINY
    assert f"Run {run.short_id} finished." in pages.captions(page)
    assert "Resume" not in pages.buttons(page)
    assert {"Everything (ZIP)", "accuracy.csv"} <= set(pages.downloads(page))
    again = from_store(store, run.id)
    assert set(again.weights) == set(tiny_run.results().weights)
    assert len(again.tables["accuracy"]) == len(tiny_run.results().tables["accuracy"])


@pytest.mark.parametrize(
    "lacking", ["accuracy.csv", "training.csv", "gradients.csv", "validation.csv"]
)
def test_a_run_that_lacks_something_is_shown_as_what_it_is(
    race: AppTest, store: Store, lacking: str
) -> None:
    files = {name: content for name, content in tiny_run.content().items() if name != lacking}
    page = opened(race, {"results.zip": zipped_in_a_folder(files)})
    assert f"as imported, without {lacking}" in pages.captions(page).replace("\\", "")
    for name in ("gradient_flow", "inside_the_cell", "runs"):
        page.switch_page(f"views/{name}.py").run()
        assert not page.exception
    (status,) = pages.listed(page)["status"]
    assert f"as imported, without {lacking}" in status


def zipped_in_a_folder(files: Mapping[str, bytes]) -> bytes:
    """As a Mac packs a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"results/{name}", content)
        archive.writestr("__MACOSX/results/._accuracy.csv", b"\0\5")
    return buffer.getvalue()


def test_it_belongs_to_the_visitor_who_opened_it(race: AppTest, store: Store) -> None:
    opened(race, tiny_run.content())
    (run,) = store.runs()
    assert run.visitor
    assert store.runs(run.visitor) == [run]


def test_the_place_for_files_is_empty_afterwards(race: AppTest, store: Store) -> None:
    page = opened(race, tiny_run.content()).switch_page("views/runs.py").run()
    assert not page.exception
    assert "Open the files" not in pages.buttons(page)
    assert store.count() == 1


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("a.zip", b"PK\3\4 no zip")], "this file cannot be opened"),
        ([("a.zip", b""), ("b.zip", b"")], "give one ZIP, or the files of one run"),
        ([("a.zip", b""), ("accuracy.csv", b"")], "give one ZIP, or the files of one run"),
        ([("accuracy.csv", b"1"), ("accuracy.csv", b"2")], "two files have the same name"),
        ([("accuracy.csv", b"task,cell\n")], "experiment.json is missing: add it"),
        ([("experiment.json", b"{")], "experiment.json"),
        ([("experiment.json", {}), ("notes.csv", b"")], "is no file of results"),
        ([("experiment.json", {"run": EVIL * 9})], "run is"),
        ([("experiment.json", {"experiment": {"seeds": EVIL}})], "seeds"),
    ],
)
def test_what_cannot_be_opened_is_shown_and_nothing_is_stored(
    race: AppTest,
    store: Store,
    files: list[tuple[str, bytes | dict[str, Any]]],
    reason: str,
) -> None:
    # What is different in a description, which is not made while tests are collected.
    contents = [(name, described(**it) if isinstance(it, dict) else it) for name, it in files]
    page = opened(race, contents)
    assert reason in refused(page)
    assert not store.count()
    assert "](http" not in page.error[0].value
    assert "Open the files" in pages.buttons(page), "the files are still there"


def test_texts_in_what_is_opened_are_nowhere_more_than_texts(race: AppTest, store: Store) -> None:
    environment = {"status": "failed", "platform": EVIL[:90], EVIL[:60]: "x"}
    page = opened(
        race, {**tiny_run.content(), "experiment.json": described(environment=environment)}
    )
    (run,) = store.runs()
    assert run.environment["platform"] == EVIL[:90]
    for name in ("race", "runs", "about"):
        page.switch_page(f"views/{name}.py").run()
        assert not page.exception
        everything = "\n".join(str(element.proto) for element in (*page.main, *page.sidebar))
        assert "evil.example" not in everything


@pytest.mark.parametrize("status", ["stopped", "interrupted", "failed"])
def test_a_message_is_shown_as_it_is(race: AppTest, store: Store, status: Any) -> None:
    run = store.create(tiny_run.TINY)
    store.finish(run, status, EVIL)
    race.query_params["run"] = run
    page = race.run()
    assert not page.exception
    texts = [*page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    (told,) = [text.value for text in texts if "evil" in text.value]
    assert r"\*\*b\*\* \[x\]\(" in told
    assert "://evil" not in told
    assert not [text for text in texts if getattr(text, "allow_html", False) and "evil" in told]
    # A table shows any text as it is.
    assert list(pages.listed(race.switch_page("views/runs.py").run())["status"]) == [
        f"{status}: {EVIL}"
    ]


def test_a_run_of_somebody_elses_trainer_cannot_be_resumed_after_it_was_opened(
    race: AppTest, store: Store
) -> None:
    files = {**tiny_run.content(), "experiment.json": described(environment={"status": "stopped"})}
    run = store_results(store, from_files(files))
    race.query_params["run"] = run
    page = race.run()
    assert not page.exception
    assert "Resume" not in pages.buttons(page)
    assert "as imported" in pages.captions(page)
