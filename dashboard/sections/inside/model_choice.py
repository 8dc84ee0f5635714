"""The trained model that the page looks into: of a run in the store, or of a recorded example."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st

from dashboard.figures.style import in_order
from dashboard.scheduling.app_resources import store
from dashboard.session import current_run, recorded_examples
from dashboard.session.session_state import INSIDE_RUN, INSIDE_SOURCE, widget
from dashboard.session.visitor import listed_visitor
from models.analysis.run_summary import RunSummary
from models.cells import cell_label
from models.exchange.files import EXPERIMENT
from models.experiment import Experiment
from models.experiment.presets import PRESETS, RECORDED_MODELS
from models.store.run import Run
from models.stories import STORIES
from models.tasks import make_task, task_title
from models.training.weights import FILE as WEIGHTS
from models.training.weights import WeightsKey, from_npz, to_base64

GOOD = Experiment(
    cells=("rnn", "lstm:bias=chrono", "gru:bias=chrono"),
    lengths=(20, 50, 100),
    seeds=1,
    steps=300,
)
"""An experiment that trains within a minute and has models worth looking into."""
RUNS = 30
"""Most of the newest runs that are offered."""
KEPT = ("sequence", "aligned", "typed", "unit", "t")
"""What else the address of the page says: the sequence, and where in it one looks."""
RECORDED = "recorded:"
"""Begins the key of a recorded example; the key of a run is its id."""


@dataclass(frozen=True)
class ModelChoice:
    """The model that the visitor has chosen, with all that a question about it needs."""

    source: str
    """Key of the source that holds the model's parameters."""
    experiment: Experiment
    model: WeightsKey
    parameters: str
    """All parameters of the model, as text."""

    @property
    def name(self) -> str:
        """Names the model in caches."""
        return f"{self.source} {self.model}"

    @property
    def steps(self) -> int:
        """Number of time steps of the model's sequences."""
        return make_task(self.experiment.task).steps(self.model.length)

    @property
    def hidden(self) -> int:
        """Number of the model's hidden units."""
        return self.experiment.hidden_sizes()[self.model.cell]

    def arguments(self) -> dict[str, Any]:
        """The model as the arguments of a question name it."""
        identity = {name: getattr(self.model, name) for name in ("cell", "length", "seed")}
        return {
            "experiment": asdict(self.experiment),
            **identity,
            "learning_rate": self.model.learning_rate,
            "parameters": self.parameters,
        }


@dataclass(frozen=True)
class ModelSource:
    """A run or a recorded example whose models' parameters are kept."""

    key: str
    """The run's id, or RECORDED and the name of a preset."""
    title: str
    experiment: Experiment
    models: tuple[WeightsKey, ...]
    summary: RunSummary = ()
    """How far each cell of a run remembers, where that is known."""

    @property
    def is_run(self) -> bool:
        """Whether it is a run of the store, not a recorded example."""
        return not self.key.startswith(RECORDED)


def sources() -> list[ModelSource]:
    """All sources with weights: the run on show, the visitor's newest runs, recorded examples."""
    shown = current_run.current()
    own = store().runs(listed_visitor(), most=RUNS)
    others = [run for run in own if shown is None or run.id != shown.id]
    runs = [one for run in (*([shown] if shown else []), *others) if (one := _of_run(run))]
    recorded = [found[0] for name in _presets() if (found := _recorded(name))]
    return [*runs, *recorded]


def choose(offered: Sequence[ModelSource]) -> ModelChoice:
    """Draws selection boxes; a run that is chosen becomes the run on show on all pages."""
    by_key = {source.key: source for source in offered}
    _follow_run_on_show(by_key)
    columns = st.columns([3, 2, 1, 1])
    key = columns[0].selectbox(
        "Trained models of",
        list(by_key),
        key=INSIDE_SOURCE.name,
        format_func=lambda key: by_key[key].title,
        on_change=_look_at_choice,
    )
    source = by_key[key]
    cells = in_order({model.cell for model in source.models})
    cell = columns[1].selectbox(
        "Cell",
        cells,
        index=_place("cell", cells, _first_cell(cells)),
        key=f"inside_cell_{key}",
        format_func=cell_label,
    )
    models = [model for model in source.models if model.cell == cell]
    lengths = sorted({model.length for model in models})
    length = columns[2].selectbox(
        "Length",
        lengths,
        index=_place("length", lengths, _first_length(source, cell, lengths)),
        key=f"inside_length_{key}",
    )
    models = [model for model in models if model.length == length]
    rates = len({model.learning_rate for model in models}) > 1
    model = columns[3].selectbox(
        "Seed",
        models,
        key=f"inside_model_{key}_{cell}_{length}",
        format_func=lambda model: (
            f"{model.seed}, rate {model.learning_rate:g}" if rates else str(model.seed)
        ),
    )
    shown = {"run": key} if source.is_run else {"recorded": key.removeprefix(RECORDED)}
    if (run := current_run.current()) and run.active:  # it is looked into as soon as it has ended
        shown["run"] = run.id
    kept = {name: st.query_params[name] for name in KEPT if name in st.query_params}
    current_run.keep_address({**shown, "cell": cell, "length": str(length), **kept})
    return ModelChoice(source.key, source.experiment, model, to_base64(_parameters(source, model)))


def follow_address(offered: Sequence[ModelSource]) -> None:
    """Chooses the model that the address asks for; for where the visitor has just come to it."""
    address = st.query_params
    key = address.get("run") or RECORDED + address.get("recorded", "")
    source = next((one for one in offered if one.key == key), None)
    if source is None:
        return
    INSIDE_SOURCE.set(key)
    for name in ("cell", "length"):
        values = {str(getattr(model, name)): getattr(model, name) for model in source.models}
        if (wanted := address.get(name)) in values:
            widget(f"inside_{name}_{key}").set(values[wanted])


def _follow_run_on_show(offered: Mapping[str, ModelSource]) -> None:
    """Chooses the run on show when it changes; another choice then stays."""
    run = current_run.current()
    if run and run.id in offered and INSIDE_RUN.get() != run.id:
        INSIDE_SOURCE.set(run.id)
        INSIDE_RUN.set(run.id)
    if INSIDE_SOURCE.get() not in offered:
        wanted = RECORDED + st.query_params.get("recorded", "")
        INSIDE_SOURCE.set(wanted if wanted in offered else next(iter(offered)))


def _place(name: str, options: Sequence[str] | Sequence[int], default: str | int) -> int:
    """The index of the option that the address asks for, else of the default."""
    wanted = st.query_params.get(name)
    texts = [str(option) for option in options]
    return texts.index(wanted if wanted in texts else str(default))


def _look_at_choice() -> None:
    key = INSIDE_SOURCE.get("")
    run = current_run.current()
    if key.startswith(RECORDED):
        if not (run and run.active):
            current_run.leave()
        INSIDE_RUN.take()
    else:
        current_run.look_at(key)
        INSIDE_RUN.set(key)


def _first_cell(cells: Sequence[str]) -> str:
    """The cell with most to show: an LSTM or else a GRU, with chrono bias where there are several.

    Of cells without gates it is the first.
    """
    return max(
        cells, key=lambda cell: (cell.startswith("lstm"), cell[:3] == "gru", "chrono" in cell)
    )


def _first_length(source: ModelSource, cell: str, lengths: Sequence[int]) -> int:
    """The longest length that half of the cell's models remember; where none is, the longest."""
    counted = [
        length
        for one in source.summary
        if one.cell == cell
        for length, models, remember in zip(one.lengths, one.models, one.remember, strict=True)
        if 2 * remember >= models
    ]
    return max(set(counted) & set(lengths), default=lengths[-1])


def _of_run(run: Run) -> ModelSource | None:
    models = () if run.active else _ended(run.id)
    if not models:
        return None
    task = task_title(run.experiment.task)
    cells = "; ".join(cell_label(cell) for cell in in_order({m.cell for m in models}))
    return ModelSource(
        run.id, f"Run {run.short_id}: {task}, {cells}", run.experiment, models, run.summary or ()
    )


@st.cache_resource(show_spinner=False, max_entries=300)
def _ended(run_id: str) -> tuple[WeightsKey, ...]:
    """The models whose weights an ended run has kept."""
    rows = store().weights(run_id)[["cell", "length", "seed", "learning_rate", "step"]]
    return tuple(WeightsKey(*row) for row in rows.itertuples(index=False, name=None))


def _presets() -> dict[str, str]:
    """Titles of the presets of the Race page and of the stories, by name."""
    stories = {
        preset.name: f"{story.title}: {preset.title}" if len(story.presets) > 1 else story.title
        for story in STORIES.values()
        for preset in story.presets
    }
    registered = {**PRESETS, **RECORDED_MODELS}
    return {**{name: preset.title for name, preset in registered.items()}, **stories}


@st.cache_resource(show_spinner=False, max_entries=50)
def _recorded(preset: str) -> tuple[ModelSource, dict[WeightsKey, np.ndarray]] | None:
    """A recorded example with its models' parameters; its tables, which are large, stay unread."""
    if not recorded_examples.path(preset).exists():
        return None
    with zipfile.ZipFile(recorded_examples.path(preset)) as archive:
        if WEIGHTS not in archive.namelist():
            return None
        weights = from_npz(archive.read(WEIGHTS))
        description = json.loads(archive.read(EXPERIMENT))
    experiment = Experiment.from_results(description["experiment"])
    title = f"Recorded: {_presets()[preset]} ({task_title(experiment.task)})"
    return ModelSource(f"{RECORDED}{preset}", title, experiment, tuple(weights)), weights


def _parameters(source: ModelSource, model: WeightsKey) -> np.ndarray:
    if not source.is_run:
        found = _recorded(source.key.removeprefix(RECORDED))
        assert found
        return found[1][model]
    return store().parameters(source.key, model.cell, model.length, model.seed, model.learning_rate)
