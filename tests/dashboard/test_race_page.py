"""The Race page in each of its states."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.cards import span_row
from dashboard.scheduling import app_resources
from dashboard.session import recorded_examples
from models.analysis.glossary import GLOSSARY
from models.exchange.files import from_store
from models.experiment import Experiment
from models.experiment.presets import PRESETS
from models.store import Store
from models.store.run import short_id
from models.tasks import make_task
from tests.dashboard import pages
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.recorded import finished, measured

TINY = pages.tiny(
    cells=("rnn", "lstm", "gru:bias=chrono"), lengths=(10, 13), seeds=2, steps=6, evaluate_every=3
)


def fake_trainer() -> FakeScheduler:
    trainer: object = app_resources.scheduler()
    assert isinstance(trainer, FakeScheduler)
    return trainer


def clips(page: AppTest) -> list[str]:
    """The lines of a clipping threshold."""
    uids = [trace["uid"] for figure in pages.figures(page) for trace in figure["data"]]
    return [uid for uid in uids if uid == "clip"]


class TestBeforeTheFirstPress:
    def test_only_a_threshold_on_the_norm_is_drawn_among_norms(self, race: AppTest) -> None:
        race.query_params.update({"lengths": "17", "clip": "0.3"})
        assert len(clips(race.run())) == 1
        race.selectbox(key="clip_by").set_value("value")
        assert not clips(race.run())

    def test_the_question_stands_on_top(self, race: AppTest) -> None:
        assert pages.top(race.run()).startswith("How far back can a recurrent network remember")

    def test_it_opens_with_the_recorded_example_labelled_with_its_command(
        self, race: AppTest
    ) -> None:
        page = race.run()
        assert not page.exception
        assert "Recorded example" in pages.captions(page)
        assert "python -m models train --preset who_remembers" in pages.hints(page)
        assert pages.experiment(page) == PRESETS["who_remembers"].experiment
        assert any("frames" in figure for figure in pages.figures(page))
        assert not app_resources.store().runs()

    @pytest.mark.parametrize("name", PRESETS)
    def test_every_preset_is_one_press_and_has_an_example(self, race: AppTest, name: str) -> None:
        page = race.run().button(key=f"preset_{name}").click().run()
        assert not page.exception
        assert pages.experiment(page) == PRESETS[name].experiment
        assert PRESETS[name].lesson in pages.captions(page)
        assert make_task(PRESETS[name].experiment.task).criterion in pages.captions(page)
        assert f"--preset {name}" in pages.hints(page)
        assert pages.pressed(page) == [f"preset_{name}"]
        assert "not known yet" not in pages.spans(page)

    def test_an_old_result_says_the_criterion_that_it_was_made_with(
        self, race: AppTest, store: Store
    ) -> None:
        old = Experiment.from_results({**vars(TINY), "task": "adding"})
        race.query_params["run"] = finished(store, old)
        page = race.run()
        assert not page.exception
        assert "An older criterion: an answer is right within 0.04" in pages.captions(page)
        assert pages.experiment(page) == old

    @pytest.mark.parametrize("name", PRESETS)
    def test_the_recorded_runs_are_complete_and_of_the_presets_as_they_are_now(
        self, name: str
    ) -> None:
        recorded = recorded_examples.example(name)
        assert recorded
        assert recorded.experiment == PRESETS[name].experiment
        assert recorded.environment["status"] == "finished"
        accuracy = recorded.tables["accuracy"]
        assert set(accuracy["cell"]) == set(recorded.experiment.cells)
        assert (
            accuracy.groupby(["cell", "length"])["step"].max() == recorded.experiment.steps
        ).all()

    def test_other_settings_have_no_example_but_an_empty_plot_with_the_ladder(
        self, race: AppTest
    ) -> None:
        page = race.run().number_input(key="seeds").set_value(1).run()
        assert not page.exception
        assert "Recorded" not in pages.captions(page)
        assert not pages.pressed(page)
        assert "remembers one informative symbol" in str(pages.figures(page))

    def test_the_task_explains_itself(self, race: AppTest) -> None:
        page = race.run()
        text = "\n".join(markdown.value for markdown in page.markdown)
        assert "Input" in text
        assert "Dependency" in text


class TestTraining:
    def test_train_puts_the_experiment_into_the_queue_and_shows_the_run(
        self, race: AppTest
    ) -> None:
        page = race.run().number_input(key="steps").set_value(10).run()
        page = page.button(key="train").click().run()
        assert not page.exception
        (run,) = app_resources.store().runs()
        assert run.experiment == Experiment(steps=10)
        assert run.status == "queued"
        assert fake_trainer().woken == 1
        assert page.query_params["run"] == run.id
        assert page.button(key="train").disabled
        assert "Stop" in pages.buttons(page)

    def test_what_is_measured_so_far_is_drawn_for_every_cell(
        self, race: AppTest, store: Store
    ) -> None:
        run = measured(store, TINY, until=3)
        page = pages.open_run(race, run)
        accuracy = next(figure for figure in pages.figures(page) if "held-out" in str(figure))
        names = {trace.get("name") for trace in accuracy["data"]}
        assert {"RNN", "LSTM", "GRU, chrono bias"} <= names
        assert "not known yet" not in pages.spans(page)
        assert any("So far (step 3 of 6)" in info.value for info in page.info)

    def test_at_initialisation_no_cell_has_a_span_yet(self, race: AppTest, store: Store) -> None:
        assert (
            pages.spans(pages.open_run(race, measured(store, TINY, until=0))).count("not known yet")
            == 3
        )

    def test_stop_asks_the_trainer(self, race: AppTest, store: Store) -> None:
        run = measured(store, TINY, until=3)
        page = pages.open_run(race, run).button(key="stop").click().run()
        assert fake_trainer().stopped == [run]
        assert page.button(key="stop").disabled

    def test_a_finished_run_can_be_taken_home(self, race: AppTest, store: Store) -> None:
        run = finished(store, TINY)
        page = pages.open_run(race, run)
        labels = pages.downloads(page)
        assert labels[:4] == ["Everything (ZIP)", "accuracy.csv", "training.csv", "gradients.csv"]
        assert "finished" in pages.captions(page)
        assert pages.experiment(page) == TINY
        assert "Stop" not in pages.buttons(page)

    def test_a_finished_run_has_figures_tables_and_a_report_for_a_paper(
        self, race: AppTest, store: Store
    ) -> None:
        page = pages.open_run(race, finished(store, TINY))
        assert "Report" not in pages.downloads(page)
        page.session_state["paper"] = True
        labels = pages.downloads(page.run())
        assert {"Figure: SVG", "Figure: PDF", "Figure: PNG", "Results: LaTeX", "Report"} <= set(
            labels
        )

    def test_a_plot_has_a_button_for_print(self, race: AppTest, store: Store) -> None:
        run = finished(store, TINY)
        page = pages.open_run(race, run)
        assert "PDF" not in pages.downloads(page)
        page.session_state["print_profile"] = True
        assert {"SVG", "PDF", "PNG"} <= set(pages.downloads(page.run()))
        origin = page.session_state["origin"]
        assert (origin.run, origin.settings) == (run, TINY.command_line(out=None))

    def test_the_question_of_a_report_can_be_edited(self, race: AppTest, store: Store) -> None:
        run = finished(store, TINY)
        page = pages.open_run(race, run)
        page.session_state["paper"] = True
        question = page.run().text_input(key=f"report_question_{run}")
        assert "How far back does" in str(question.value)
        assert not question.set_value("Which <b>cell</b>?").run().exception

    def test_a_stopped_run_says_how_far_it_came(self, race: AppTest, store: Store) -> None:
        run = measured(store, TINY, until=3)
        store.finish(run, "stopped")
        assert "stopped after 3 of 6 steps" in pages.captions(pages.open_run(race, run))

    def test_a_failed_run_says_why_and_shows_what_it_measured(
        self, race: AppTest, store: Store
    ) -> None:
        run = measured(store, TINY, until=3)
        store.finish(run, "failed", "out of memory")
        page = pages.open_run(race, run)
        assert any("out of memory" in error.value for error in page.error)
        assert pages.downloads(page)

    def test_a_run_that_failed_at_once_does_not_speak_of_what_it_measured(
        self, race: AppTest, store: Store
    ) -> None:
        run = store.create(TINY)
        store.finish(run, "failed", "device is cuda, but torch finds no GPU here: use auto or cpu")
        (error,) = pages.open_run(race, run).error
        assert error.value.endswith(
            r"failed: device is cuda\, but torch finds no GPU here\: use auto or cpu."
        )

    def test_other_active_runs_are_listed_and_do_not_hold_up_another(
        self, race: AppTest, store: Store
    ) -> None:
        page = race.run().number_input(key="steps").set_value(10).run()
        page = page.button(key="train").click().run()
        (run,) = store.runs()
        page = page.button(key="preset_copy").click().run()
        assert not page.exception
        assert not page.button(key="train").disabled
        assert any(f"Your run {run.short_id} is waiting" in info.value for info in page.info)
        assert pages.experiment(page) == PRESETS["copy"].experiment
        page = page.button(key=f"show_{run.id}").click().run()
        assert page.query_params["run"] in (run.id, [run.id])
        assert pages.experiment(page).steps == 10
        page = page.button(key="preset_copy").click().run()
        page = page.button(key=f"stop_{run.id}").click().run()
        assert fake_trainer().stopped == [run.id]
        store.finish(run.id, "stopped")
        assert "Show it" not in pages.buttons(page.run())

    def test_diverged_models_are_a_result_to_show(self, race: AppTest, store: Store) -> None:
        wild = replace(
            TINY,
            cells=("rnn:activation=relu", "rnn:activation=relu,gain=1.5"),
            lengths=(40,),
            steps=12,
            hidden_size=16,
            learning_rate=(100.0,),
            clip=0.0,
        )
        run = finished(store, wild)
        rows, _ = store.read(run, "accuracy")
        assert rows["diverged"].any()
        page = pages.open_run(race, run)
        assert "Learning rates" not in pages.captions(page)
        assert any("every model has diverged" in info.value for info in page.info)
        assert pages.spans(page).count(">diverged</b>") == 2

    def test_train_short_test_long_has_a_plot_of_its_own(self, race: AppTest, store: Store) -> None:
        experiment = Experiment.from_mapping({**vars(TINY), "test_lengths": (20, 40)})
        run = measured(store, experiment)
        page = pages.open_run(race, run)
        assert len(pages.figures(page)) == 6
        labels = pages.downloads(page)
        assert "generalisation.csv" in labels

    def test_of_several_learning_rates_each_cell_shows_its_best(
        self, race: AppTest, store: Store
    ) -> None:
        experiment = Experiment.from_mapping({**vars(TINY), "learning_rate": (0.001, 0.02)})
        race.session_state["result_table"] = True  # opened
        page = pages.open_run(race, measured(store, experiment))
        (table,) = [frame.value for frame in page.dataframe]
        assert isinstance(table, pd.DataFrame)
        assert (table["learning rate"].isin((0.001, 0.02))).all()
        assert table["solved"].str.endswith(" of 2").all()
        assert set(table["cell"]) == {"RNN", "LSTM", "GRU, chrono bias"}
        assert "steps to solve" in table
        assert "Learning rates 0.001 and 0.02 were tried." in pages.captions(page)
        labels = pages.downloads(page)
        assert "validation.csv" in labels

    def test_cells_are_paired_over_seeds_where_these_are_enough(
        self, race: AppTest, store: Store
    ) -> None:
        experiment = Experiment.from_mapping(
            {**vars(TINY), "cells": ("rnn", "gru"), "seeds": 6, "steps": 1}
        )
        run = measured(store, experiment)
        race.session_state["result_table"] = True  # opened
        page = pages.open_run(race, run)
        shown = page.dataframe[1].value
        expected = from_store(store, run).paired_differences()
        assert set(shown["cell"]) == {"GRU"}
        assert shown["difference"].tolist() == [f"{x:+.3f}" for x in expected["difference"]]
        assert "Accuracy minus that of the RNN, paired over seeds" in pages.captions(page)

    def test_a_run_that_is_gone_leaves_the_settings_of_the_address(self, race: AppTest) -> None:
        race.query_params["run"] = "nowhere"
        race.query_params["seeds"] = "2"
        page = race.run()
        assert not page.exception
        assert any("nowhere" in text for text in pages.warnings(page))
        assert pages.experiment(page).seeds == 2
        assert "run" not in page.query_params

    def test_settings_can_change_while_a_finished_run_is_shown(
        self, race: AppTest, store: Store
    ) -> None:
        run = finished(store, TINY)
        page = pages.open_run(race, run).number_input(key="seeds").set_value(5).run()
        assert "The settings have changed" in pages.captions(page)
        assert pages.experiment(page) == TINY
        assert list(page.query_params) == ["run"]
        page = page.button(key="back_to_settings").click().run()
        assert "The settings have changed" not in pages.captions(page)
        page = page.number_input(key="seeds").set_value(5).run()
        assert not page.button(key="train_these").click().run().exception
        assert app_resources.store().runs()[0].experiment.seeds == 5

    def test_a_plot_says_which_run_it_is_of(self, race: AppTest, store: Store) -> None:
        run = finished(store, replace(TINY, clip=0.0))
        drawn = pages.figures(pages.open_run(race, run))
        titles = [one["layout"]["legend"].get("title", {}).get("text", "") for one in drawn]
        (title,) = [text for text in titles if "Temporal order" in text]
        parts = title.split(" · ")
        assert parts[1:3] == ["2 seeds", "6 steps"]
        assert "gradient clipping 0" in parts
        assert parts[-1] == f"run {short_id(run)}"


@pytest.mark.parametrize("interval", ["41–55", "from 37", "up to 45", "below 20 to beyond 50"])
def test_a_card_has_the_interval_in_brackets(interval: str) -> None:
    spans = pd.DataFrame([{"cell": "rnn", "text": "48", "interval": interval}])
    assert f"steps ({interval})" in span_row(spans, ["rnn"])


def test_train_shows_the_new_run_where_the_address_named_another(
    race: AppTest, store: Store
) -> None:
    before = finished(store, TINY)
    page = pages.open_run(race, before)
    page.button(key="train").click().run()
    assert not page.exception
    (after,) = [run.id for run in store.runs() if run.id != before]
    assert after in page.query_params["run"]
    assert page.button(key="stop")


def test_what_a_number_is_stands_on_it_and_is_explained_to_who_points_at_it(
    race: AppTest,
) -> None:
    race.run()
    assert "</b><small>steps" in pages.spans(race)
    assert f'title="{escape(GLOSSARY["memory span"])}"' in pages.spans(race)
    explained = {caption.proto.help for caption in race.caption}
    assert {GLOSSARY["solved"], GLOSSARY["gradient profile"]} <= explained
