"""A report: one file, whole, with nothing loaded from elsewhere, and any text as it is."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from models.analysis.findings import findings
from models.analysis.references import REFERENCES, bibtex, by_key, cited
from models.cells import CELLS
from models.exchange import files
from models.exchange.files import Results
from models.experiment import Experiment
from models.experiment.presets import PRESETS
from models.optimisers import OPTIMISERS
from models.publishing.methods import OPTION_REFERENCES, STATISTICS, methods
from models.publishing.report import report
from models.stories import story_presets
from models.tasks import TASKS
from tests.properties import tiny_run

EXAMPLES = Path(__file__).resolve().parents[3] / "dashboard" / "examples"
ODD = '</title><script>alert(1)</script> & "quoted" {braces} $x$'


@pytest.fixture(scope="module")
def results() -> Results:
    return files.read(EXAMPLES / "who_remembers.zip")


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return report([results])


def test_it_says_what_the_analysis_says(page: str, results: Results) -> None:
    said = html.unescape(page)
    assert findings(results.experiment, results.accuracy, results.tables["gradients"]) in said
    found = methods(results.experiment, results.environment)
    assert found.text in said
    assert results.experiment.command_line(out=None) in said
    assert all(bibtex(key) in said for key in found.keys)
    assert set(re.findall(r"@\w+\{(\w+),", said)) == {"memory_lab", *found.keys}
    assert "PyTorch 2.13" in found.text


def test_nothing_in_it_comes_from_elsewhere(page: str) -> None:
    assert "default-src 'none'" in page
    links = re.findall(r"""(?:src|href)=["']([^"']*)""", page)
    assert links
    assert all(link.startswith("#") for link in links)
    names = Counter(re.findall(r'\bid="([^"]*)"', page))
    assert set(names.values()) == {1}
    assert {link[1:] for link in links} <= set(names)


def test_runs_are_compared_in_one_report(results: Results) -> None:
    other = files.read(EXAMPLES / "clipping.zip")
    page = report([results, other], "Which?")
    assert "<h1>Which?</h1>" in page
    assert "Learning rate *" in page
    assert "Batch size *" not in page
    names = Counter(re.findall(r'\bid="([^"]*)"', page))
    assert set(names.values()) == {1}


def test_any_text_is_shown_as_it_is() -> None:
    run = tiny_run.results()
    odd = replace(run, run=ODD, environment={"memory_lab": ODD, ODD: ODD})
    page = report([odd], ODD)
    assert page.count("<script>") == 1
    assert "alert(1)</script>" not in page
    assert ODD in html.unescape(page)


def test_every_source_of_a_task_cell_and_optimiser_is_a_reference() -> None:
    keys = {key for task in TASKS.values() for key in task.references}
    keys |= {key for cell in CELLS.values() for key in cell.references}
    keys |= {key for optimiser in OPTIMISERS.values() for key in optimiser.references}
    assert keys | set(STATISTICS) | set(OPTION_REFERENCES.values()) <= set(by_key())
    assert len(by_key()) == len(REFERENCES)
    assert cited("pascanu2013") == "Pascanu et al. 2013"
    assert cited("hochreiter1997") == "Hochreiter & Schmidhuber 1997"


@pytest.mark.parametrize(
    "experiment",
    [one.experiment for one in (*PRESETS.values(), *story_presets().values())],
)
def test_the_methods_name_every_setting_that_matters(experiment: Experiment) -> None:
    text = methods(experiment, {}).text
    for length in experiment.lengths:
        assert f"{length:,}" in text
    assert f"{experiment.steps:,} step" in text
    assert f"{experiment.batch_size:,} sequence" in text
    assert ("clipped" in text) == (experiment.clip > 0)
    assert ("truncated" in text) == (experiment.truncate > 0)
    assert ("validation" in text) == (len(experiment.learning_rate) > 1)
    assert "  " not in text
    assert ".." not in text
