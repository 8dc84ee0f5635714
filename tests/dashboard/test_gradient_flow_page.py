"""The Gradient flow page in each of its states."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from html import escape, unescape
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures.style import cell_style
from dashboard.scheduling import app_resources
from dashboard.scheduling.child_processes import ChildError
from dashboard.session import recorded_examples
from models.analysis.at_initialisation import at_initialisation
from models.analysis.gradient_profile import half_life_words
from models.cells import cell_title
from models.experiment import Experiment
from models.service.questions import ask
from models.store import Store
from models.store.run import short_id
from models.stories import STORIES, story_presets
from models.training.snapshot import Snapshot
from tests.dashboard import pages
from tests.dashboard.fake_scheduler import FakeScheduler
from tests.recorded import finished, measured

TINY = pages.tiny(
    cells=("rnn", "lstm:bias=chrono", "rnn:norm=batch"), lengths=(10, 13), steps=6, evaluate_every=3
)


def with_settings(page: AppTest, experiment: Experiment) -> AppTest:
    for name in ("cells", "lengths", "seeds", "steps", "hidden_size", "batch_size", "held_out"):
        value = getattr(experiment, name)
        page.query_params[name] = (
            [str(one) for one in value] if isinstance(value, tuple) else str(value)
        )
    page.query_params["evaluate_every"] = str(experiment.evaluate_every)
    page.query_params["device"] = experiment.device
    return page


def charts(page: AppTest) -> dict[str, dict[str, Any]]:
    """Figures by the title of their vertical axis; of several, the last."""
    found = {}
    for figure in pages.figures(page):
        title = figure["layout"].get("yaxis", {}).get("title", {}).get("text", "")
        found[title] = figure
    return found


def half_life_cards(page: AppTest) -> dict[str, str]:
    """What each card shows, by its label."""
    (cards,) = [html for html in page.get("html") if "half-lives" in html.proto.body]
    found = re.findall(r"border-color: [^>]*><span>(.*?)</span><b[^>]*>(.*?)</b>", cards.proto.body)
    return {unescape(label): unescape(figure) for label, figure in found}


def info_texts(page: AppTest) -> str:
    return "\n".join(info.value for info in page.info)


def without_diagnostics(snapshot: Snapshot) -> Snapshot:
    """What the first release measured."""
    later = ("diagnostics", "influence", "connectivity")
    tables = {name: rows for name, rows in snapshot.tables.items() if name not in later}
    return replace(snapshot, tables=tables)


class TestAtInitialisation:
    def test_it_answers_without_any_training(self, gradient_flow: AppTest, store: Store) -> None:
        page = with_settings(gradient_flow, TINY).run()
        assert not page.exception
        (cards,) = [html for html in page.get("html") if "half-lives" in html.proto.body]
        assert cards.proto.body.count(" every ") >= len(TINY.cells)
        names = {trace.get("name") for figure in pages.figures(page) for trace in figure["data"]}
        assert {"RNN", "LSTM, chrono bias", "RNN, batch norm"} <= names
        assert not store.runs()

    def test_a_knob_changes_the_picture(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        before = pages.figures(page)[0]
        page.number_input(key="hidden_size").set_value(6).run()
        assert not page.exception
        assert pages.figures(page)[0]["data"] != before["data"]

    def test_both_paths_of_the_lstm_stand_side_by_side(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        page.segmented_control(key="initial_state").set_value("both paths").run()
        assert not page.exception
        titles = list(charts(page))
        assert any("∂c" in title for title in titles)
        assert any("∂h" in title for title in titles)

    def test_numbers_have_theory_beside_them(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        table = page.dataframe[0].value
        assert list(table["cell"]) == ["RNN", "LSTM, chrono bias", "RNN, batch norm"]
        theory = table.set_index("cell")["in theory"]
        assert theory["RNN, batch norm"] == "not measurable"
        assert "every" in theory["RNN"]

    def test_cards_and_table_show_the_median_over_all_seeds(self, gradient_flow: AppTest) -> None:
        experiment = replace(TINY, seeds=3)
        page = with_settings(gradient_flow, experiment).run()
        answer: Any = ask("at_initialisation", {"experiment": asdict(experiment), "length": 13})
        rows = pd.DataFrame(answer["diagnostics"]).assign(step=0)
        lives = at_initialisation(rows, "half_life_h", 13)
        assert half_life_cards(page) == {
            cell_style(cell).label: half_life_words(life) for cell, life in lives.items()
        }
        assert list(page.dataframe[0].value["gradient"]) == list(half_life_cards(page).values())
        assert "medians over 3 seeds" in pages.captions(page)

    def test_card_and_table_give_one_verdict_on_a_gradient_that_explodes(
        self, gradient_flow: AppTest
    ) -> None:
        experiment = replace(TINY, cells=("rnn:gain=3", "rnn"), lengths=(10, 50), hidden_size=32)
        page = with_settings(gradient_flow, experiment).run()
        (cards,) = [html for html in page.get("html") if "half-lives" in html.proto.body]
        verdicts = list(page.dataframe[0].value["trainable up to"])
        assert verdicts[0].endswith("then it explodes")
        for verdict in verdicts:
            assert escape(f"trainable up to T {verdict}") in cards.proto.body

    def test_what_is_drawn_can_be_taken_home(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        assert {"gradients.csv", "diagnostics.csv"} <= set(pages.downloads(page))

    def test_singular_values_are_measured_where_they_are_wanted(
        self, gradient_flow: AppTest
    ) -> None:
        page = with_settings(gradient_flow, TINY).run()
        assert not any("singular" in title for title in charts(page))
        page.toggle(key="jacobian").set_value(True).run()
        assert not page.exception
        assert any("singular" in title for title in charts(page))

    def test_a_question_without_an_answer_is_shown(
        self, gradient_flow: AppTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> None:
            raise ChildError("no memory", "died")

        monkeypatch.setattr(FakeScheduler, "ask", refuse)
        page = with_settings(gradient_flow, TINY).run()
        assert not page.exception
        assert any("no memory" in error.value for error in page.error)

    def test_very_long_sequences_are_drawn(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, pages.tiny(lengths=(20_000,), batch_size=1)).run()
        assert not page.exception
        assert not page.error
        assert charts(page)

    def test_settings_that_cannot_be_run_say_so(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        page.multiselect(key="cells").set_value([]).run()
        assert not page.exception
        assert any("cells is empty" in error.value for error in page.error)

    def test_the_prediction_is_drawn_on_the_accuracy_of_a_race_with_the_same_settings(
        self, gradient_flow: AppTest, store: Store
    ) -> None:
        run = finished(store, TINY)
        gradient_flow.query_params["run"] = run
        page = gradient_flow.run()
        page.segmented_control(key="flow_view").set_value("At initialisation").run()
        assert not page.exception
        assert f"Accuracy: run {short_id(run)}" in pages.captions(page)
        assert "predicted" in str(charts(page)["held-out accuracy"]["data"])

    def test_without_a_race_it_says_how_to_get_one(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        assert "Train these settings" in pages.captions(page)


class TestStories:
    @pytest.mark.parametrize("name", STORIES)
    def test_one_press_tells_a_story_and_ends_in_what_its_run_says(
        self, gradient_flow: AppTest, name: str
    ) -> None:
        page = gradient_flow.run().button(key=f"story_{name}").click().run()
        assert not page.exception
        story = STORIES[name]
        first = story.presets[story.steps[0].preset]
        assert pages.experiment(page) == first.experiment
        texts = "\n".join(one.value for one in (*page.header, *page.markdown))
        assert story.text in texts
        assert story.statement in texts
        assert any(story.source in caption.value for caption in page.caption)
        recorded = recorded_examples.example(first.name)
        assert recorded
        assert "The recorded run." in info_texts(page)
        assert story.conclusion(recorded.experiment, recorded.tables) in info_texts(page)

    @pytest.mark.parametrize("name", ["normalisation", "longer_is_worse", "tanh_against_relu"])
    def test_cards_say_what_the_sentence_says(self, gradient_flow: AppTest, name: str) -> None:
        page = gradient_flow.run().button(key=f"story_{name}").click().run()
        experiment = STORIES[name].presets[0].experiment
        page.select_slider(key="initial_length").set_value(experiment.lengths[-1]).run()
        cards = half_life_cards(page)
        assert len(cards) == len(experiment.cells)
        for cell in experiment.cells:
            words = cards[cell_style(cell).label]
            verb, _, rate = words.partition(" every ")
            assert verb in info_texts(page)
            # The end of the name: the next cell, or the end of the list.
            of_cell = rf"every {re.escape(rate)} for the {re.escape(cell_title(cell))}(?! with)"
            assert not rate or re.search(of_cell, info_texts(page)), (words, info_texts(page))

    @pytest.mark.parametrize("name", story_presets())
    def test_every_variant_has_a_complete_recorded_run_of_its_settings(self, name: str) -> None:
        recorded = recorded_examples.example(name)
        assert recorded
        assert recorded.experiment == story_presets()[name].experiment
        assert recorded.environment["status"] == "finished"
        assert all(len(recorded.tables[table]) for table in ("diagnostics", "influence"))

    @pytest.mark.parametrize("name", ["longer_is_worse", "clipping", "additive_path"])
    def test_each_step_moves_the_picture_and_leads_on(
        self, gradient_flow: AppTest, name: str
    ) -> None:
        story = STORIES[name]
        page = gradient_flow.run().button(key=f"story_{name}").click().run()
        for place, step in enumerate(story.steps):
            assert not page.exception
            assert any(step.text in markdown.value for markdown in page.markdown)
            assert pages.experiment(page) == story.presets[step.preset].experiment
            at_start = step.view == "initialisation"
            key = "initial_length" if at_start else "flow_length"
            assert page.select_slider(key=key).value == step.length
            if step.cell:
                assert page.selectbox(key="flow_cell").value == step.cell
            assert page.button(key="story_back").disabled == (place == 0)
            assert page.button(key="story_next").disabled == (step is story.steps[-1])
            if step is not story.steps[-1]:
                page.button(key="story_next").click().run()
        page.button(key="story_back").click().run()
        assert any(story.steps[1].text in markdown.value for markdown in page.markdown)

    def test_a_step_leaves_a_run_with_its_settings_on_show(
        self, gradient_flow: AppTest, store: Store
    ) -> None:
        story = STORIES["longer_is_worse"]
        run = store.create(story.presets[0].experiment, "somebody")
        page = pages.open_run(gradient_flow, run)
        page.button(key="story_next").click().run()
        assert not page.exception
        assert page.segmented_control(key="flow_view").value == "At initialisation"
        page.button(key="story_next").click().run()
        assert page.query_params["run"] in (run, [run])


class TestDuringTraining:
    def test_a_recorded_run_is_labelled_with_its_command(self, gradient_flow: AppTest) -> None:
        page = gradient_flow.run().button(key="story_truncation").click().run()
        assert "python -m models train --preset truncation" in pages.hints(page)

    def test_other_settings_have_nothing_to_show_before_the_press(
        self, gradient_flow: AppTest
    ) -> None:
        page = with_settings(gradient_flow, TINY).run()
        page.segmented_control(key="flow_view").set_value("During training").run()
        assert not page.exception
        assert "Press Train" in info_texts(page)

    def test_train_watches_the_run(self, gradient_flow: AppTest, store: Store) -> None:
        page = with_settings(gradient_flow, TINY).run()
        page.button(key="train").click().run()
        assert not page.exception
        assert page.segmented_control(key="flow_view").value == "During training"
        (run,) = store.runs()
        assert run.experiment == TINY

    @pytest.mark.parametrize("until", [0, 3, 99])
    def test_everything_is_drawn_whenever_it_is_looked_at(
        self, gradient_flow: AppTest, store: Store, until: int
    ) -> None:
        run = measured(store, TINY, until=until)
        if until == 99:
            store.finish(run, "finished")
        gradient_flow.query_params["run"] = run
        page = gradient_flow.run()
        assert not page.exception
        titles = charts(page)
        assert "training step" in titles
        assert any("Spectral radius" in title for title in titles)
        assert any("Lyapunov" in title for title in titles)
        assert "diagnostics.csv" in pages.downloads(page)
        if until == 99:
            assert any("memory horizon" in title for title in titles)
            assert any("logit" in str(figure) for figure in pages.figures(page))

    def test_every_diagnostic_can_be_chosen(self, gradient_flow: AppTest, store: Store) -> None:
        run = finished(store, TINY)
        gradient_flow.query_params["run"] = run
        page = gradient_flow.run()
        offered = page.selectbox(key="over_training_left").options
        assert len(offered) > 10
        for place in range(len(offered)):
            page.selectbox(key="over_training_left").select_index(place).run()
            assert not page.exception, offered[place]

    def test_an_older_run_without_diagnostics_still_opens(
        self, gradient_flow: AppTest, store: Store
    ) -> None:
        run = finished(store, TINY, changed=without_diagnostics)
        gradient_flow.query_params["run"] = run
        page = gradient_flow.run()
        assert not page.exception
        assert app_resources.store().run(run).status == "finished"


class TestOneMoreCell:
    def test_one_more_cell_is_drawn_as_its_knobs_stand(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        page.toggle(key="trial").set_value(True).run()
        assert not page.exception
        page.slider(key="trial_rnn_gain").set_value(1.5).run()
        names = {trace.get("name") for figure in pages.figures(page) for trace in figure["data"]}
        assert "RNN, gain 1.5" in names
        page.slider(key="trial_rnn_gain").set_value(0.5).run()
        page.selectbox(key="trial_rnn_activation").set_value("relu").run()
        assert pages.experiment(page) == TINY
        page.button(key="trial_add").click().run()
        assert pages.experiment(page).cells == (*TINY.cells, "rnn:activation=relu,gain=0.5")

    def test_options_without_effect_are_not_offered(self, gradient_flow: AppTest) -> None:
        page = with_settings(gradient_flow, TINY).run()
        page.toggle(key="trial").set_value(True).run()
        assert "trial_rnn_gamma" not in {slider.key for slider in page.slider}
        page.selectbox(key="trial_rnn_norm").set_value("batch").run()
        assert not page.exception
        assert "trial_rnn_gamma" in {slider.key for slider in page.slider}
        assert "trial_rnn_omega" not in {slider.key for slider in page.slider}

    def test_only_what_changed_is_asked_again(
        self, gradient_flow: AppTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        answer = FakeScheduler.ask

        def ask(scheduler: FakeScheduler, name: str, arguments: Any) -> Any:
            asked.extend(arguments["experiment"]["cells"])
            return answer(scheduler, name, arguments)

        monkeypatch.setattr(FakeScheduler, "ask", ask)
        page = with_settings(gradient_flow, TINY).run()
        assert asked[: len(TINY.cells)] == list(TINY.cells)
        asked.clear()
        page.toggle(key="trial").set_value(True).run()
        page.slider(key="trial_rnn_gain").set_value(1.5).run()
        assert "lstm:bias=chrono" not in asked
        assert "rnn:gain=1.5" in asked

    def test_equal_parameters_give_each_cell_its_own_hidden_size(
        self, gradient_flow: AppTest
    ) -> None:
        gradient_flow.query_params["match"] = "parameters"
        page = with_settings(gradient_flow, TINY).run()
        assert not page.exception
        (cards,) = [html for html in page.get("html") if "half-lives" in html.proto.body]
        assert "RNN" in cards.proto.body
