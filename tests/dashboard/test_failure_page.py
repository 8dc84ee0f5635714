"""Why a cell failed at a length, on the Race page."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.scheduling import app_resources
from dashboard.sections.failure.pictures import PICTURES, Place
from dashboard.session.recorded_examples import example
from dashboard.session.run_tables import from_results
from dashboard.session.session_state import OUTCOME, TRIAL, TRIAL_FROM
from models.analysis.diagnosis import Verdict
from models.analysis.remedies import Reached, Trial, remedy
from models.experiment.presets import PRESETS
from models.store import Store
from tests.dashboard import pages
from tests.recorded import finished, measured

EXPERIMENT = PRESETS["who_remembers"].experiment
TINY = pages.tiny(cells=("rnn", "lstm"), lengths=(40, 50), seeds=2, steps=6, evaluate_every=3)


def asked(page: AppTest, why: str) -> AppTest:
    page.query_params["why"] = why
    page.run()
    assert not page.exception
    return page


def header(page: AppTest) -> list[str]:
    return [one.value for one in page.header if one.value.startswith("Why did")]


def said(page: AppTest) -> str:
    return "\n".join(one.value for one in page.markdown)


def test_a_link_opens_the_answer_and_the_address_keeps_it(race: AppTest) -> None:
    page = asked(race, "lstm,100")
    assert header(page) == ["Why did the LSTM fail at T = 100?"]
    assert page.selectbox(key="why").value == "lstm,100"
    assert page.query_params["why"] in ("lstm,100", ["lstm,100"])
    assert "**Gate shut: 3 of 3 seeds** (0, 1 and 2)." in said(page)
    assert "One thing to try: chrono bias." in said(page)
    known = "The LSTM with chrono bias of this run has solved it with 3 of 3 seeds."
    assert known in pages.captions(page)
    assert not pages.warnings(page)


def test_a_choice_asks_and_taking_it_back_ends_it(race: AppTest) -> None:
    page = race.run()
    assert not header(page)
    page = page.selectbox(key="why").select("rnn,200").run()
    assert header(page) == ["Why did the RNN fail at T = 200?"]
    assert page.query_params["why"] in ("rnn,200", ["rnn,200"])
    page = page.selectbox(key="why").select(None).run()
    assert not header(page)
    assert "why" not in page.query_params


@pytest.mark.parametrize("why", ["lstm,77", "nonsense", "gru:bias=0,100", "lstm,100,100"])
def test_what_the_run_does_not_have_is_not_answered(race: AppTest, why: str) -> None:
    page = asked(race, why)
    assert not header(page)
    assert "why" not in page.query_params


def test_what_was_solved_is_said_to_be(race: AppTest) -> None:
    page = asked(race, "lstm,20")
    assert not header(page)
    assert "The LSTM has solved T = 20 with every seed." in said(page)


def test_another_preset_ends_the_question(race: AppTest) -> None:
    page = asked(race, "lstm,100").button(key="preset_latch_trap").click().run()
    assert not header(page)
    assert "why" not in page.query_params


def test_the_remedy_is_one_press_and_trains_beside_the_cell_as_it_was(race: AppTest) -> None:
    page = asked(race, "lstm,200")
    page = page.button(key="try_remedy").click().run()
    assert not page.exception
    (run,) = app_resources.store().runs()
    assert run.experiment == pages.experiment(page)
    assert run.experiment.cells[0] == "lstm"
    assert run.experiment != EXPERIMENT
    assert run.labels.name == "Chrono bias for the LSTM at T = 200"
    assert not header(page)
    assert "why" not in page.query_params
    page = page.button(key="back_to_failure").click().run()
    assert header(page) == ["Why did the LSTM fail at T = 200?"]
    assert pages.experiment(page) == EXPERIMENT


def test_from_the_run_of_a_remedy_one_press_leads_back_to_the_run_that_failed(
    race: AppTest, store: Store
) -> None:
    failed = finished(store, replace(TINY, cells=("lstm",)))
    race.query_params["run"] = failed
    page = asked(race, "lstm,50")
    page = page.button(key="try_remedy").click().run()
    assert page.query_params["run"] != [failed]
    page = page.button(key="back_to_failure").click().run()
    assert page.query_params["run"] in (failed, [failed])
    assert header(page) == ["Why did the LSTM fail at T = 50?"]


def test_a_run_that_trains_answers_so_far(race: AppTest, store: Store) -> None:
    race.query_params["run"] = measured(store, TINY, until=3)
    page = asked(race, "lstm,50")
    assert header(page) == ["Why did the LSTM fail at T = 50 after 3 of 6 steps?"]


def trial() -> Trial:
    """Chrono bias for an LSTM, as in a tiny run that no seed solved."""
    alone = replace(TINY, cells=("lstm",))
    offered = remedy("gate shut", alone, "lstm")
    assert offered
    return Trial(offered, "gate shut", alone, "lstm", 50, Reached(0, 2, "< 40"))


def test_while_a_remedy_trains_there_is_no_verdict(race: AppTest, store: Store) -> None:
    race.session_state[TRIAL.name] = trial()
    page = pages.open_run(race, measured(store, trial().remedy.experiment, until=3))
    assert "3 of 6 steps so far. The verdict comes at the end." in pages.captions(page)
    assert "Changed in all" not in "".join(one.value for one in page.info)


def test_a_remedy_in_vain_is_said_above_the_plot_and_the_next_one_offered(
    race: AppTest, store: Store
) -> None:
    tried = replace(trial(), verdict="gradient exploded")
    race.session_state[TRIAL.name] = tried
    page = pages.open_run(race, finished(store, tried.remedy.experiment))
    assert "Chrono bias: it did not help." in pages.captions(page)
    assert "trained again in this run" in "".join(one.value for one in page.info)
    page = page.button(key="try_next").click().run()
    assert not page.exception
    assert page.session_state[TRIAL.name].tried == ("chrono bias", "a quarter of the learning rate")


def test_back_at_what_failed_stands_what_the_remedy_gave_and_the_next_one(
    race: AppTest, store: Store
) -> None:
    failed = finished(store, trial().experiment)
    race.session_state[TRIAL.name] = replace(trial(), verdict="gradient exploded")
    race.session_state[TRIAL_FROM.name] = failed
    page = pages.open_run(race, finished(store, trial().remedy.experiment))
    said_there = [one.value for one in page.info if "Changed in all" in one.value]
    page = page.button(key="back_to_failure").click().run()
    assert header(page) == ["Why did the LSTM fail at T = 50?"]
    assert [one.value for one in page.info if "Changed in all" in one.value] == said_there
    assert len(said_there) == 1
    assert "try_remedy" not in [one.key for one in page.button]
    page = page.button(key="try_next").click().run()
    assert page.session_state[TRIAL.name].tried == ("chrono bias", "a quarter of the learning rate")
    assert OUTCOME.name not in page.session_state


def test_where_no_remedy_is_left_that_is_said(race: AppTest, store: Store) -> None:
    race.session_state[TRIAL.name] = trial()
    page = pages.open_run(race, finished(store, trial().remedy.experiment))
    assert "nothing is left to try" in pages.captions(page)
    assert "try_next" not in [one.key for one in page.button]


def test_nothing_is_asked_before_training_or_while_somebody_guesses(
    race: AppTest, store: Store
) -> None:
    keys = [box.key for box in race.run().button(key="guess_first").click().run().selectbox]
    assert "why" not in keys
    page = pages.open_run(race, measured(store, TINY, until=0))
    assert "why" not in [box.key for box in page.selectbox]


@pytest.mark.parametrize("verdict", [one for one in get_args(Verdict) if one != "solved"])
def test_two_pictures_show_every_verdict(verdict: Verdict) -> None:
    recorded = example("who_remembers")
    assert recorded
    tables = from_results(recorded)
    one, other = PICTURES[verdict]
    assert one.name != other.name
    for picture in (one, other):
        for cell in ("lstm", "gru"):
            own = {name: table[table["cell"] == cell] for name, table in vars(tables).items()}
            place = Place(recorded.experiment, replace(tables, **own), cell, 100)
            lines = [trace for trace in picture.figure(place).data if trace.legendgroup]
            assert {trace.legendgroup for trace in lines} == {cell}
            assert any(len(trace.x) > 1 for trace in lines)
