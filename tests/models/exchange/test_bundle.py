"""The export of several runs is imported again, within the bounds of one, wholly or not at all."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path

import pytest

from models.exchange import files, import_run
from models.exchange.bundle import write_bundle
from models.exchange.import_files import ImportedError
from models.exchange.import_run import import_runs
from models.store import Store
from models.store.labels import Labels
from tests.imported import store_results
from tests.properties import tiny_run


@pytest.fixture
def bundle(store: Store, tmp_path: Path) -> Path:
    """The export of two runs, which are named one and two."""
    runs = [store_results(store, tiny_run.results()) for _ in range(2)]
    for run, name in zip(runs, ("one", "two"), strict=True):
        store.label(run, Labels(name))
    write_bundle(partial(files.export, store), runs, tmp_path / "2_runs.zip")
    return tmp_path / "2_runs.zip"


def test_every_run_comes_back(store: Store, bundle: Path) -> None:
    imported = import_runs(store, [bundle], "me")
    assert [store.run(run).labels.name for run in imported] == ["one", "two"]
    for run in imported:
        assert store.run(run).visitor == "me"
        assert len(files.from_store(store, run).accuracy) == len(tiny_run.results().accuracy)
    assert store.count() == 4


def test_what_a_desktop_adds_is_passed_over(store: Store, bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("__MACOSX/._2_runs", b"x")
    assert len(import_runs(store, [bundle])) == 2


def test_with_one_that_is_damaged_none_is_imported(store: Store, bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("third.zip", b"PK nothing")
    with pytest.raises(ImportedError, match=r"'third\.zip': this file cannot be opened"):
        import_runs(store, [bundle])
    assert store.count() == 2


def test_a_bundle_in_a_bundle_is_refused(store: Store, bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(bundle, "inner.zip")
    with pytest.raises(ImportedError, match="is no file of results"):
        import_runs(store, [tmp_path / "outer.zip"])


def test_all_together_are_as_large_as_one_may_be(
    store: Store, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = sum(map(len, files.all_files(tiny_run.results()).values()))
    monkeypatch.setattr(import_run, "MOST_BYTES", int(1.5 * sizes))
    with pytest.raises(ImportedError, match=r"with this run they are larger than .* MB together"):
        import_runs(store, [bundle])
    assert store.count() == 2


def test_where_the_second_cannot_be_stored_the_first_is_not_there_either(
    store: Store, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, calls = import_run._stored, []

    def once(*arguments: object) -> str:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("no more")
        return keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(import_run, "_stored", once)
    with pytest.raises(OSError, match="no more"):
        import_runs(store, [bundle])
    assert store.count() == 2
