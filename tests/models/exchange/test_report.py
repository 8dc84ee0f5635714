"""What a terminal shows of a run holds every table that it was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.analysis.statistics import select_learning_rate, summarise_generalisation
from models.command_line.report import report
from models.exchange.files import Results
from models.experiment import Experiment
from tests.properties import tiny_run

TITLE = "held-out accuracy at other lengths"


@pytest.fixture
def results() -> Results:
    return tiny_run.results()


def section(text: str) -> list[str]:
    """The lines of the table of other lengths."""
    return text.split(f"{TITLE}\n\n")[1].split("\n\n")[0].splitlines()


def test_accuracy_at_test_lengths_is_shown_at_the_best_learning_rate(results: Results) -> None:
    header, *rows = section(report(results))
    names = ["cell", "trained at", "tested at", "accuracy", "95 % interval", "chance", "seeds"]
    assert header.split() == " ".join(names).split()
    tables = results.tables
    best = select_learning_rate(tables["generalisation"], tables["validation"])
    expected = summarise_generalisation(best)
    assert len(rows) == len(expected) == 2 * 2 * 1  # cells, lengths, test lengths
    for row, (_, one) in zip(rows, expected.iterrows(), strict=True):
        cell, length, test_length, mean, *_, chance, seeds = row.split()
        assert (cell, int(length), int(test_length)) == (one["cell"], one["length"], 5)
        assert (mean, chance) == (f"{one['mean']:.3f}", f"{one['chance_accuracy']:.3f}")
        assert int(seeds) == 2


def test_nothing_of_test_lengths_is_shown_where_none_were_asked_for(results: Results) -> None:
    plain = Experiment.from_mapping({**vars(results.experiment), "test_lengths": ()})
    tables = {**results.tables, "generalisation": results.tables["generalisation"].iloc[:0]}
    assert TITLE not in report(replace(results, experiment=plain, tables=tables))


def test_a_run_that_was_stopped_before_says_that_they_were_not_measured(results: Results) -> None:
    tables = {**results.tables, "generalisation": results.tables["generalisation"].iloc[:0]}
    (line,) = section(report(replace(results, tables=tables)))
    assert line == "not measured: it is at the end of training"
