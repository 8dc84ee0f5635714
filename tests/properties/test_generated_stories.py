"""What stories say of their tables is true of them: NaN, overflows, ties, one seed."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.at_initialisation import at_initialisation
from models.analysis.gradient_profile import half_life_words
from models.analysis.statistics import latest
from models.cells import cell_title
from models.experiment import Experiment
from models.stories import story_presets
from tests.models.stories.conclusions import conclude, story_of
from tests.properties.generated import on
from tests.properties.generated_tables import accuracies, diagnostics, named, training


@pytest.mark.parametrize("name", story_presets())
@given(st.data())
@on("stories")
def test_stories_are_true_of_their_tables(name: str, data: st.DataObject) -> None:
    seeds, steps = data.draw(st.sampled_from([1, 3])), data.draw(st.sampled_from([1, 300]))
    experiment = replace(story_presets()[name].experiment, seeds=seeds, steps=steps)
    accuracy = data.draw(accuracies(experiment))
    rows = data.draw(diagnostics(experiment))
    norms = data.draw(st.lists(st.one_of(st.floats(1e-9, 1e9), st.just(math.nan)), min_size=1))
    tables = {"accuracy": accuracy, "diagnostics": rows, "training": training(accuracy, norms)}
    text = conclude(name, experiment, **tables)
    _half_lives(text, story_of(name).name, experiment, rows)
    _counts(text, experiment, accuracy)


def _half_lives(text: str, story: str, experiment: Experiment, rows: pd.DataFrame) -> None:
    """Every half-life of the text is the one that a card shows, and none is left out."""
    if story not in ("longer_is_worse", "tanh_against_relu", "normalisation", "every_step"):
        return
    medians = at_initialisation(rows, "half_life_h", experiment.lengths[-1])
    opening = text.split(" After ")[0].split(" Claim ")[0]
    for cell in set(rows["cell"]):
        assert cell in named(opening), (cell, opening)
        _, _, rate = half_life_words(medians.get(cell, math.nan)).partition(" every ")
        if rate:
            assert re.search(rf"every {re.escape(rate)} for the {_pattern(cell)}", opening), opening


def _pattern(cell: str) -> str:
    """A pattern of the cell's title that no longer title begins with."""
    return re.escape(cell_title(cell)) + r"(?! with)"


def _counts(text: str, experiment: Experiment, accuracy: pd.DataFrame) -> None:
    """The diverged models and the cells that are not trained yet are those of the table."""
    last = latest(accuracy)
    pattern = r"(\d+) of (\d+) models? of the (.*?)(?:, \d+ of| and \d+ of| diverged)"
    for diverged, models, title in re.findall(pattern, text):
        (cell,) = [cell for cell in experiment.cells if cell_title(cell) == title]
        own = last[last["cell"] == cell]
        assert (int(diverged), int(models)) == (own["diverged"].sum(), len(own))
    waiting = re.search(r"(The [^.]*) (?:is|are) not trained yet", text)
    done = set(last["cell"]) - set(last.loc[last["step"] == 0, "cell"])
    if waiting:
        assert not named(waiting[1].rsplit(". ")[-1]) & done
