"""The pictures of runs that are compared: overlaid, cell by cell, or merged into one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.charts import chart
from dashboard.figures.compared import (
    Measured,
    compared_accuracy,
    compared_learning,
    compared_profiles,
)
from dashboard.figures.gradient_flow.profile import HOW_TO_READ
from dashboard.figures.race.accuracy import accuracy_by_length
from dashboard.figures.style import in_order
from dashboard.sections.compare.chosen import Chosen, merged_accuracy, source_of
from models.analysis.differences import trained_alike
from models.analysis.ladder import ladder
from models.analysis.memory_span import memory_spans
from models.cells import cell_label
from models.tasks import make_task, task_title

MOST_LINES = 8
"""More lines than this are drawn cell by cell."""


@dataclass(frozen=True)
class Pictures:
    """The pictures of runs of one task."""

    chosen: Sequence[Chosen]
    beside: int
    """How many pictures stand beside each other, at most."""

    @property
    def name(self) -> str:
        """Tells the widgets and charts of several tasks apart."""
        return self.chosen[0].letter

    @property
    def cells(self) -> list[str]:
        return in_order(cell for one in self.chosen for cell in one.experiment.cells)

    @property
    def lengths(self) -> list[int]:
        return sorted({length for one in self.chosen for length in one.experiment.lengths})

    @property
    def measured(self) -> list[Measured]:
        """Read where a figure is made, which is not each time that it is drawn."""
        return [one.measured for one in self.chosen]

    def main(self) -> None:
        """Draws accuracy by length: the runs overlaid, or as one where they are trained alike."""
        if self._are_merged():
            chart(source_of(self.chosen), f"compared_merged_{self.name}", (), self._merged)
        else:
            self._panels("accuracy", self._accuracy)

    def details(self) -> None:
        """Draws learning curves and gradient profiles at one length."""
        length = st.select_slider(
            f"Sequence length ({task_title(self.chosen[0].experiment.task)})",
            self.lengths,
            value=self._longest_shared(),
            key=f"compared_length_{self.name}",
        )
        st.subheader("Learning curves", anchor=False)
        self._panels("learning", lambda own: compared_learning(self.measured, own, length), length)
        st.subheader("Gradient profiles", anchor=False)
        self._panels("profile", lambda own: compared_profiles(self.measured, own, length), length)
        st.caption(HOW_TO_READ)

    def _longest_shared(self) -> int:
        """The longest length that all runs have, or else that any has."""
        shared = set(self.lengths).intersection(*(one.experiment.lengths for one in self.chosen))
        return max(shared, default=self.lengths[-1])

    def _are_merged(self) -> bool:
        """Whether all models are seen as those of one run, where they can be."""
        experiments = [one.experiment for one in self.chosen]
        if len(experiments) < 2 or not trained_alike(experiments):
            return False
        cells = [cell for one in experiments for cell in one.cells]
        return st.toggle(
            "All runs as one",
            key=f"merge_{self.name}",
            value=len(cells) == len(set(cells)),
            help="These runs agree in task and settings: their models can be seen as one run. A "
            "model that several of them have counts once.",
        )

    def _merged(self) -> go.Figure:
        accuracy = merged_accuracy(self.chosen)
        return accuracy_by_length(
            accuracy,
            baselines=ladder(make_task(self.chosen[0].experiment.task), self.lengths),
            cells=self.cells,
            spans=memory_spans(accuracy),
            title=" + ".join(one.letter for one in self.chosen),
            asks=False,
        )

    def _accuracy(self, cells: Sequence[str]) -> go.Figure:
        baselines = ladder(make_task(self.chosen[0].experiment.task), self.lengths)
        return compared_accuracy(self.measured, cells, baselines)

    def _panels(
        self, kind: str, figure: Callable[[Sequence[str]], go.Figure], *options: object
    ) -> None:
        """Draws one figure of all cells, or where they have too many lines one of each cell."""
        lines = sum(len(one.experiment.cells) for one in self.chosen)
        panels = [self.cells] if lines <= MOST_LINES else [[cell] for cell in self.cells]
        columns = st.columns(min(len(panels), self.beside))
        for number, cells in enumerate(panels):
            with columns[number % len(columns)]:
                if len(panels) > 1:
                    st.markdown(f"**{cell_label(cells[0])}**")
                key = f"compared_{kind}_{self.name}_{number}"
                chart(source_of(self.chosen), key, (*cells, *options), partial(figure, cells))
