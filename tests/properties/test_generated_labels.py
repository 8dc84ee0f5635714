"""Names, notes and tags of any text are kept, found and exported as they are."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.sections.runs.frame import runs_frame, tags_from_text
from models.exchange.csv_writing import csv_bytes
from models.exchange.files import experiment_bytes
from models.exchange.run_list import run_list
from models.experiment import Experiment
from models.store.labels import LONGEST_NAME, LONGEST_TAG, Labels, read_labels
from models.store.run import Run
from models.store.run_search import search_columns, words
from tests.imported import from_files
from tests.properties import tiny_run
from tests.properties.generated import on

MARKUP = st.sampled_from(
    ["=1+1", "<script>", "**b**", "$x$", "\\textbf{x}", "[l](http://e)", "\u202e", "@a", "-1"]
)
TEXTS = st.lists(st.one_of(st.text(), MARKUP), max_size=4).map("".join)


def labels() -> st.SearchStrategy[Labels]:
    return st.builds(
        lambda name, notes, tags: Labels(
            name[:LONGEST_NAME], notes[:500], tuple(tag[:LONGEST_TAG] for tag in tags)
        ),
        TEXTS,
        TEXTS,
        st.lists(TEXTS, max_size=3),
    )


def run_with(written: Labels) -> Run:
    now = datetime.now(UTC)
    return Run(
        tiny_run.RUN, Experiment(), "finished", "", None, now, now, now, now, now, 1, 1, 0, 0, {},
        False, False, None, None, 0, None, (), None, written,
    )  # fmt: skip


@on("labels")
@given(written=labels())
def test_labels_are_what_they_are_wherever_they_go(written: Labels) -> None:
    assert Labels(written.name, written.notes, written.tags) == written
    assert read_labels(**written.as_columns()) == written
    found_by = search_columns(tiny_run.RUN, Experiment(), written)["searched"]
    for text in (written.name, written.notes[:200], *written.tags):
        assert all(word in found_by for word in words(text))
    content = experiment_bytes(replace(tiny_run.results(), labels=written))
    assert from_files({"experiment.json": content}).labels == written
    frame = runs_frame([run_with(written)])
    assert (frame["name"][0], frame["notes"][0]) == (written.name, written.notes)
    assert tags_from_text(frame["tags"][0]) == written.tags


@on("labels")
@given(written=labels())
def test_a_spreadsheet_takes_no_label_for_a_formula(written: Labels) -> None:
    table = csv_bytes(run_list([run_with(written)]))
    cells = pd.read_csv(io.BytesIO(table), dtype=str, keep_default_na=False).iloc[0]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert cells["name"].endswith(written.name)
