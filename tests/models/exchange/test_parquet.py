"""Tables as Parquet: nothing is lost, an import reads them, and what is wrong is named."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from models.analysis.schema import TABLES
from models.exchange import files, parquet_tables
from models.exchange.import_files import ImportedError
from tests.imported import from_files, from_zip
from tests.properties import tiny_run

DOCS = Path(__file__).resolve().parents[3] / "docs" / "data.md"


def changed(edit: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, bytes]:
    """The export with an edited table of accuracies."""
    rows = pd.read_parquet(io.BytesIO(exported()["accuracy.parquet"]))
    buffer = io.BytesIO()
    edit(rows).to_parquet(buffer, index=False)
    return {**exported(), "accuracy.parquet": buffer.getvalue()}


def exported() -> dict[str, bytes]:
    return files.all_files(tiny_run.results(), "parquet")


def test_every_table_comes_back_to_the_last_digit(tmp_path: Path) -> None:
    results = tiny_run.results()
    results.save(tmp_path / "results.zip", "parquet")
    for found in (
        files.read(tmp_path / "results.zip"),
        from_zip((tmp_path / "results.zip").read_bytes()),
    ):
        for name in TABLES:
            columns = [name for name in TABLES[name] if name != "learning_rate"]
            pd.testing.assert_frame_equal(
                found.tables[name][columns], results.tables[name][columns], check_exact=True
            )


def test_a_folder_changes_its_format(tmp_path: Path) -> None:
    results = tiny_run.results()
    files.write(results, tmp_path)
    assert files.write(results, tmp_path, "parquet") == results.run
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == exported()


def test_the_lines_in_the_docs_load_an_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_run.results().save(tmp_path / "results", "parquet")
    monkeypatch.chdir(tmp_path)
    (lines, loading) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len([line for line in lines.splitlines() if line]) == 3
    exec(lines, {})
    accuracy = tiny_run.results().tables["accuracy"]
    mean = accuracy[(accuracy["cell"] == "lstm") & (accuracy["length"] == 3)]["accuracy"].mean()
    assert re.search(rf"lstm +3 +{mean:.4f}", capsys.readouterr().out)
    found: dict[str, object] = {}
    exec(loading, found)
    assert type(found["recurrence"]).__name__ == "RNN"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda rows: rows.drop(columns="loss"), "accuracy.parquet has no column loss: it needs"),
        (lambda rows: rows.assign(note=1), "accuracy.parquet has an unknown column 'note'"),
        (
            lambda rows: rows.assign(seed=rows["seed"].where(rows.index != 2)),
            "accuracy.parquet, row 3: seed is missing",
        ),
        (
            lambda rows: rows.assign(solved="yes"),
            "accuracy.parquet: solved is of the type .*, expected True or False",
        ),
        (
            lambda rows: rows.assign(accuracy=rows["accuracy"].where(rows.index != 1, 2.0)),
            "accuracy.parquet, row 2: accuracy is 2.0, it can only be from 0 to 1",
        ),
        (
            lambda rows: pd.concat([rows, rows[:1]]),
            r"accuracy.parquet, row \d+: this was measured before",
        ),
    ],
)
def test_what_is_wrong_is_named(edit: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    with pytest.raises(ImportedError, match=message):
        from_files(changed(edit))


def test_a_damaged_file_is_refused() -> None:
    whole = exported()["accuracy.parquet"]
    for content in (b"", b"PAR1", whole[:-9], whole[:40] + b"\xff" * 40 + whole[80:]):
        with pytest.raises(ImportedError, match=r"accuracy\.parquet"):
            from_files({**exported(), "accuracy.parquet": content})


def test_a_table_in_both_formats_is_refused() -> None:
    with pytest.raises(ImportedError, match=r"accuracy.csv and accuracy.parquet are the same"):
        from_files({**exported(), "accuracy.csv": b""})


def test_repeated_values_do_not_make_a_small_file_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_tables, "MOST_ROWS", 3)
    with pytest.raises(ImportedError, match=r"accuracy\.parquet is larger than 3 rows"):
        from_files(exported())
