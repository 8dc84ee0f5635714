"""The runs that the address asks to compare, each under a letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase

import pandas as pd
import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.figures.compared import Measured
from dashboard.scheduling.app_resources import store
from models.analysis.cell_style import RUN_DASHES
from models.analysis.statistics import select_learning_rate, trained
from models.analysis.words import join_words
from models.experiment import Experiment
from models.store.run import Run
from models.store.summaries import summarise_some

MOST = 60
"""How many runs are compared at once."""
OVERLAID = len(RUN_DASHES)
"""How many of them the pictures show: the first."""
SUMMARY_SECONDS = 2.0


@dataclass(frozen=True)
class Chosen:
    """A run that is compared; what it measured is read when it is asked for."""

    run: Run
    place: int

    @property
    def letter(self) -> str:
        """Its short name on the page: A to Z, then AA, AB …"""
        first, last = divmod(self.place, len(ascii_uppercase))
        return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[last]

    @property
    def title(self) -> str:
        """Letter and name."""
        return f"{self.letter} {self.run.title}"

    @property
    def experiment(self) -> Experiment:
        return self.run.experiment

    @cached_property
    def measured(self) -> Measured:
        """Its accuracy and latest gradient profiles, at the best learning rates."""
        run = self.run.id
        validation = store().read(run, "validation")[0]
        steps = set(store().profile_steps(run).values())
        tables = store().read(run, "accuracy")[0], store().profiles(run, steps)
        accuracy, gradients = (select_learning_rate(rows, validation) for rows in tables)
        return Measured(self.letter, self.place, trained(accuracy), gradients)


def chosen_runs() -> list[Chosen]:
    """The runs of ``compare=`` in the address, in its order; says which are missing."""
    asked = list(dict.fromkeys(filter(None, st.query_params.get("compare", "").split(","))))
    runs = store().named(asked[:MOST])
    known = {name for run in runs for name in (run.id, run.secret)}
    if missing := [name for name in asked[:MOST] if name not in known]:
        names = join_words([escape_markdown(name) for name in missing])
        st.warning(f"Not here, or deleted: {names}.", icon=":material/link_off:")
    if len(asked) > MOST:
        st.warning(f"The first {MOST} of {len(asked)} runs are compared.")
    summarised = summarise_some(store(), runs, SUMMARY_SECONDS)
    return [Chosen(run, place) for place, run in enumerate(summarised)]


def source_of(chosen: Sequence[Chosen]) -> str:
    """Names figures of these runs as they are now."""
    return "compared " + " ".join(f"{one.run.id}@{one.run.updated.isoformat()}" for one in chosen)


def merged_accuracy(chosen: Sequence[Chosen]) -> pd.DataFrame:
    """The accuracy of all models of these runs; of one that several have, that of the first."""
    accuracy = pd.concat([one.measured.accuracy for one in chosen], ignore_index=True)
    models = accuracy.groupby(["cell", "length", "seed", "learning_rate"], sort=False)["run"]
    kept: pd.DataFrame = accuracy[accuracy["run"] == models.transform("first")]
    return kept.reset_index(drop=True)
