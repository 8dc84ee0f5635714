"""The Race page: accuracy against sequence length, during training."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.components.downloads import recorded_downloads, reproduce, run_downloads
from dashboard.components.guesses import clear_guesses, guess_controls, guesses
from dashboard.components.markdown import escape_markdown
from dashboard.components.task_legend import task_legend
from dashboard.components.ways_in import ways_in
from dashboard.figures.race.question import as_text
from dashboard.scheduling.app_resources import scheduler, store
from dashboard.sections import further
from dashboard.sections.failure.view import question
from dashboard.sections.import_results import import_results
from dashboard.sections.live_run import follow, other_settings, start_row
from dashboard.sections.results import View, draw, replay_clock, view_options
from dashboard.sections.share import share_button
from dashboard.sections.untrained import untrained
from dashboard.session import current_run, recorded_examples
from dashboard.session.run_tables import Tables, from_results
from dashboard.session.session_state import GUESSING, ORIGIN, UNKNOWN_RUN
from dashboard.sidebar import controls
from models.exchange.files import Results
from models.experiment import Experiment
from models.experiment.presets import PRESETS, Preset
from models.publishing.figures.sheet import origin_of
from models.store.run import Run
from models.stories import story_variant


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("How far back can a recurrent network remember, and why does it forget?", anchor=False)
    settings = controls.settings(arrived=current_run.follow_address())
    experiment = settings.experiment
    preset = recorded_examples.preset_of(experiment) if experiment else None
    run = current_run.current()
    example = _example(preset) if preset and not run else None
    ways_in(shown=example is not None)
    _presets(preset)
    for message in settings.messages:
        st.warning(message, icon=":material/link_off:")
    if unknown := UNKNOWN_RUN.get():
        st.warning(
            f"There is no run {escape_markdown(unknown)} here. "
            "The settings shown are those of the address. If you have its exported file, open it."
        )
        import_results()
    if run and run.active:
        GUESSING.take()
    guessing = GUESSING.get(False)
    shown_run = run or example
    asked = question(shown_run.experiment) if shown_run and not guessing else None
    controls.keep_address(run, experiment, as_text(*asked) if asked else "")
    with start_row(settings, run):
        if example and not guessing:
            replay_clock(example.source, example.tables, example.experiment)
        if experiment:
            if not (run and run.active):
                st.button(
                    "Guess first",
                    key="guess_first",
                    on_click=_guess,
                    args=(experiment,),
                    disabled=guessing,
                )
            with st.popover("The task"):
                task_legend(experiment)
        view = view_options()
    # With a run and without, in the same places: nothing of what stood there stays beside it.
    shown, home = st.container(gap="xsmall"), st.container()
    guessed = run.experiment if run else experiment
    if guessing and guessed:
        with shown:
            _show_nothing(guessed, view, known=bool(run or example))
    elif run:
        with shown:
            other_settings(run, experiment)
        with home:  # first, so that no button of another run stays while figures are made
            run_downloads(run, key="run")
            share_button(run)
        with shown:
            follow(run, lambda run: _show_run(run, view))
    elif example:
        with shown:
            _show_example(example, view)
        with home:
            file = recorded_examples.path(example.preset.name)
            recorded_downloads(example.results, file, example.tables, key="example")
    elif experiment:
        with shown:
            untrained(experiment)
            _show_nothing(experiment, view, known=None)
    if shown_experiment := run.experiment if run else experiment:
        st.divider()
        reproduce(shown_experiment)
    scheduler()  # from the first visit on a warm process waits; it does not hold up the page


def _presets(pressed: Preset | None) -> None:
    with st.container(horizontal=True, key="presets"):
        for preset in PRESETS.values():
            st.button(
                preset.title,
                key=f"preset_{preset.name}",
                on_click=_choose,
                args=(preset,),
                help=None if GUESSING.get() else preset.lesson,
                type="primary" if preset is pressed else "secondary",
                width="stretch",
            )


def _choose(preset: Preset) -> None:
    current_run.leave()
    controls.show(preset.experiment)


def _guess(experiment: Experiment) -> None:
    clear_guesses(experiment)
    GUESSING.set(True)


def _show_run(run: Run, view: View) -> None:
    reader = current_run.reader()
    tables = reader.read(store(), run.updated)
    measured = f"run {run.id}, version {reader.version}"
    source = measured if reader.version else _empty(run.experiment)
    ORIGIN.set(origin_of({run.id: run.experiment}))
    draw(
        run.experiment,
        tables,
        view,
        source=source,
        name=f"run {run.short_id}" if reader.version else "",  # empty plots are many runs'
        guesses=guesses(run.experiment),
        below=lambda: further.controls_of(run, tables, source),
    )


@dataclass(frozen=True)
class _Example:
    """The recorded run of a preset."""

    preset: Preset
    results: Results
    tables: Tables

    @property
    def experiment(self) -> Experiment:
        return self.results.experiment

    @property
    def source(self) -> str:
        return f"example {self.preset.name}"


def _example(preset: Preset) -> _Example | None:
    """The preset's recorded run, where there is one."""
    recorded = recorded_examples.example(preset.name)
    return _Example(preset, recorded, from_results(recorded)) if recorded else None


def _show_example(example: _Example, view: View) -> None:
    variant = story_variant(example.experiment)
    whose = f" of “{variant.story.title}” on the Gradient flow page" if variant else ""
    st.caption(
        f"**Recorded example{whose}.** {example.preset.lesson}",
        help="Press Play to watch its training, or Train to run it here: another processor rounds "
        "otherwise, so that the numbers differ a little. "
        f"It was made with `{recorded_examples.command(example.preset.name)}`.",
    )
    ORIGIN.set(origin_of({example.results.run: example.experiment}))
    draw(
        example.experiment,
        example.tables,
        view,
        source=example.source,
        name="recorded example",
        guesses=guesses(example.experiment),
        recorded=True,
    )


def _show_nothing(experiment: Experiment, view: View, *, known: bool | None) -> None:
    """Draws an empty plot.

    While the visitor guesses, above it stand the sliders; ``known`` is whether there is an answer
    to show. It is None where the visitor does not guess.
    """
    if known is not None:
        guess_controls(experiment, known=known)
    ORIGIN.set(origin_of({"": experiment}))
    nothing = from_results(Results("", experiment, {}, {}))
    draw(experiment, nothing, view, source=_empty(experiment), guesses=guesses(experiment))


def _empty(experiment: Experiment) -> str:
    """Names figures without any measurement, which many visitors share."""
    clipping = experiment.clip, experiment.clip_by
    options = experiment.task, experiment.cells, experiment.lengths, clipping
    return f"nothing of {options}"


page()
