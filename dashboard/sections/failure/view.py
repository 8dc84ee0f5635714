"""Why did this cell fail at this length? What was measured, two pictures, and one thing to try."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.charts import cached, chart
from dashboard.components.scroll import TOP, scroll_to
from dashboard.figures.race.question import Question, as_text, from_text
from dashboard.scheduling import admission
from dashboard.sections.failure.pictures import HEIGHT, PICTURES, Picture, Place
from dashboard.session import current_run
from dashboard.session.run_tables import Tables
from dashboard.session.session_state import (
    ANSWERED,
    MOVE_TO,
    OUTCOME,
    TRIAL,
    TRIAL_FROM,
    WHY,
)
from dashboard.sidebar import controls
from models.analysis import diagnoses
from models.analysis.glossary import GLOSSARY
from models.analysis.remedies import Outcome, Reached, Remedy, Trial, remedy
from models.analysis.statistics import trained
from models.analysis.words import capitalise, join_words, of_all, with_article
from models.cells import cell_label
from models.experiment import Experiment
from models.tasks import make_task

ANSWER = ".st-key-failure"
"""What is scrolled to, since the plot above fills the screen."""


def question(experiment: Experiment | None) -> Question | None:
    """The cell and length that is asked about, if the run on show has them."""
    asked = from_text(WHY.get() or "")
    if experiment and asked and asked[0] in experiment.cells and asked[1] in experiment.lengths:
        return asked
    WHY.take()
    return None


def ask(text: str) -> None:
    """Asks the question of a point that was pressed; for a callback."""
    WHY.set(text)
    ANSWERED.take()
    _keep_address()


def _keep_address() -> None:
    current_run.keep_question(WHY.get())


def draw(source: str, experiment: Experiment, tables: Tables) -> None:
    """Draws the choice of what to ask, and the answer where something is asked.

    Nothing where no cell failed. Above it stands what came of the remedy that was tried, if any,
    and where it was in vain what to try next.
    """
    # There even where it is empty: what stands below keeps its place in the page.
    with st.container(key="failure", gap="xsmall"):
        _details(source, experiment, tables)
        _question(source, experiment, tables)
        if place := _place_to_move_to():
            scroll_to(place)


def _place_to_move_to() -> str | None:
    """The answer to a new question, or what MOVE_TO says."""
    place, asked = MOVE_TO.take(), WHY.get()
    if asked and asked != ANSWERED.get():
        ANSWERED.set(asked)
        return ANSWER
    return place


def _question(source: str, experiment: Experiment, tables: Tables) -> None:
    failed, asked = diagnoses.failed_at(tables.accuracy), question(experiment)
    if tables.accuracy.empty or not (failed or asked):
        return
    places = dict.fromkeys([*failed, *([asked] if asked else [])])
    names = {as_text(*place): place for place in places}
    st.selectbox(
        "Why did it fail?",
        names,
        index=None,
        key=WHY.name,
        placeholder="Choose a cell that failed, here or in the plot",
        format_func=lambda text: f"{cell_label(names[text][0])}, T = {names[text][1]}",
        on_change=_keep_address,
        width=480,
    )
    if asked:
        _answer(source, experiment, tables, *asked)


def _answer(source: str, experiment: Experiment, tables: Tables, cell: str, length: int) -> None:
    own = _of_cell(tables, cell)
    found = _failures(source, experiment, tables, cell, length)
    reached = Reached.of(own.accuracy, cell, length)
    if reached is None:
        st.info("Nothing is measured yet.", icon=":material/hourglass_top:")
        return
    if not found:
        st.markdown(f"{capitalise(with_article(cell))} has solved T = {length} with every seed.")
        return
    step = int(own.accuracy["step"].max())
    so_far = f" after {of_all(step, experiment.steps, 'step')}" if step < experiment.steps else ""
    st.header(f"Why did {with_article(cell)} fail at T = {length}{so_far}?", anchor=False)
    for failure in found:
        seeds = of_all(len(failure.seeds), reached.seeds, "seed")
        numbers = join_words([str(seed) for seed in failure.seeds])
        verdict = f"**{capitalise(failure.verdict)}: {seeds}** ({numbers})"
        first = f"Seed {failure.seeds[0]}: " if len(failure.seeds) > 1 else ""
        st.markdown(f"{verdict}. {first}{failure.sentence}", help=_solved(experiment))
        st.caption(f"Rule: {failure.rule}.")
    most = found[0].verdict
    last, outcome = TRIAL.get(), OUTCOME.get()
    if last and outcome and last.of(experiment, cell, length):
        _came_of_it(outcome, last.following(None, outcome.now))
    else:
        before = _trial(experiment)
        tried = before.tried if before and before.remedy.cell == cell else ()
        if offered := remedy(most, experiment, cell, tried):
            trial = Trial(offered, most, experiment, cell, length, reached, tried)
            _remedy(trial, "try_remedy", _tried_here(offered, tables, cell, length))
    place = Place(experiment, own, cell, length)
    for column, picture in zip(st.columns(2), PICTURES[most], strict=True):
        with column:
            chart(
                source,
                f"failure_{picture.name.replace(' ', '_')}",
                (cell, length),
                partial(_figure, picture, place),
            )
            st.caption(picture.caption)


def _tried_here(offered: Remedy, tables: Tables, cell: str, length: int) -> str:
    """What came of a remedy that the run has beside the cell already; empty where it has not."""
    if offered.cell == cell or not set(offered.experiment.cells) <= set(tables.accuracy["cell"]):
        return ""
    there = Reached.of(tables.accuracy, offered.cell, length)
    if there is None:
        return ""
    seeds = of_all(there.solved, there.seeds, "seed")
    return f"{capitalise(with_article(offered.cell))} of this run has solved it with {seeds}. "


def _failures(
    source: str, experiment: Experiment, tables: Tables, cell: str, length: int
) -> list[diagnoses.Failure]:
    own = _of_cell(tables, cell)
    return cached(
        source,
        "failures",
        (cell, length),
        lambda: diagnoses.failures(
            experiment, own.accuracy, own.training, own.diagnostics, cell=cell, length=length
        ),
    )


def _figure(picture: Picture, place: Place) -> go.Figure:
    return picture.figure(place).update_layout(height=HEIGHT)


def _of_cell(tables: Tables, cell: str) -> Tables:
    """The tables of this cell alone."""
    return replace(
        tables, **{name: table[table["cell"] == cell] for name, table in vars(tables).items()}
    )


def _solved(experiment: Experiment) -> str:
    """What it would have been not to fail."""
    return f"{GLOSSARY['solved']} {make_task(experiment.task).criterion}"


def _remedy(trial: Trial, key: str, known: str = "") -> None:
    """Draws a remedy, what is ``known`` of it already, and the button that tries it."""
    offered = trial.remedy
    refusal = admission.refusal(offered.experiment)
    with st.container(border=True):
        words, button = st.columns([5, 1], vertical_alignment="center")
        source = f" ({offered.source})" if offered.source else ""
        first = "Next" if trial.earlier else "One"
        words.markdown(f"**{first} thing to try: {offered.name}.** {offered.why}{source}")
        cells = join_words([cell_label(cell) for cell in offered.experiment.cells])
        cost = admission.cost_in_words(offered.experiment)
        words.caption(f"{known}A new run of {cells}, {cost}. The one on show is kept.")
        pressed = button.button(
            "Try it",
            key=key,
            on_click=_try,
            args=(trial,),
            disabled=bool(refusal),
            help=f"This takes {refusal}" if refusal else None,
            width="stretch",
        )
    if pressed:  # here still: it was refused, and the page says why
        st.rerun()


def _try(trial: Trial) -> None:
    before = TRIAL.get()
    if before is None or before.experiment != trial.experiment:  # else it goes on from there
        TRIAL_FROM.set(current_run.shown_id() or "")
    TRIAL.set(trial)
    OUTCOME.take()
    MOVE_TO.set(TOP)
    controls.show(trial.remedy.experiment)
    current_run.start(trial.remedy.experiment, trial.title)


def _go_back(trial: Trial, outcome: Outcome | None) -> None:
    """Shows what failed again, why it did, and what the remedy has done about it."""
    if outcome:
        OUTCOME.set(outcome)
    current_run.leave()
    if run := TRIAL_FROM.get():
        current_run.look_at(run)
    controls.show(trial.experiment)
    ask(as_text(trial.cell, trial.length))


def _trial(experiment: Experiment) -> Trial | None:
    """The remedy whose run has these settings; None where none was tried."""
    trial = TRIAL.get()
    return trial if trial and trial.remedy.experiment == experiment else None


def _outcome(source: str, trial: Trial, tables: Tables) -> Outcome | None:
    """What the remedy has done; None while its run trains, and where nothing was measured."""
    run = current_run.current()
    if run is None or run.active:
        return None
    accuracy = trained(tables.accuracy)
    return cached(source, "outcome", (trial,), lambda: trial.outcome(accuracy))


def headline(source: str, experiment: Experiment, tables: Tables) -> None:
    """Says above the plot how far the trial of a remedy is, and at its end the verdict."""
    trial = _trial(experiment)
    if trial is None:
        return
    with st.container(key="trial", horizontal=True, vertical_alignment="center"):
        outcome = _outcome(source, trial, tables)
        if outcome:
            words = f"**{outcome.headline}** More of it is below the plot."
        else:
            step = int(tables.accuracy["step"].max()) if len(tables.accuracy) else 0
            words = (
                f"**Trying: {trial.title}.** {of_all(step, experiment.steps, 'step')} so far. "
                "The verdict comes at the end."
            )
        st.caption(words, width="content")
        pressed = st.button(
            "Back to what failed",
            key="back_to_failure",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=_go_back,
            args=(trial, outcome),
        )
    if pressed:
        st.rerun()


def _details(source: str, experiment: Experiment, tables: Tables) -> None:
    """Says what the remedy has done, and offers the next one where a seed still fails."""
    trial = _trial(experiment)
    outcome = _outcome(source, trial, tables) if trial else None
    if trial is None or outcome is None:
        return
    found = _failures(source, experiment, tables, trial.remedy.cell, trial.length)
    _came_of_it(outcome, trial.following(found[0].verdict if found else None, outcome.now))


def _came_of_it(outcome: Outcome, following: Trial | None) -> None:
    """Says what a remedy has done, and offers the next one where a seed still fails."""
    st.info(f"**{outcome.headline}** {outcome.details}", icon=":material/compare_arrows:")
    if outcome.now.solved == outcome.now.seeds:
        return
    if following:
        _remedy(following, "try_next")
    else:
        st.caption(
            "Of what was seen to help a cell that failed like this one, nothing is left to try. "
            "Another cell may remember further."
        )
