"""The Claims page: the table of recorded verdicts, a claim of its own, and its experiment again."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.sections.claims.published import title
from dashboard.session.session_state import widget
from models.claims import CLAIMS
from models.claims.claim import SEEDS
from models.claims.record import recorded
from models.published import PUBLISHED
from models.store import Store
from tests.dashboard import pages
from tests.recorded import finished

CLIPPING = CLAIMS["clipping_rescues"]


@pytest.fixture
def claims() -> AppTest:
    return pages.app("claims.py")


def address(page: AppTest) -> dict[str, str | list[str]]:
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in page.query_params.items()
    }


def text(page: AppTest) -> str:
    return "\n".join(one.value for one in (*page.header, *page.markdown, *page.info, *page.caption))


def of_sidebar(page: AppTest, name: str) -> object:
    return page.session_state[widget(name).name]


def open_claim(page: AppTest, name: str) -> AppTest:
    page.query_params["claim"] = name
    page.run()
    assert not page.exception
    return page


def test_it_opens_on_all_claims_with_their_verdicts(claims: AppTest) -> None:
    page = claims.run()
    assert not page.exception
    statements = [one.label for one in page.button if (one.key or "").startswith("claim_")]
    assert statements == [
        f"**{place}** {claim.statement}" for place, claim in enumerate(CLAIMS.values(), start=1)
    ]
    shown = text(page)
    for verdict in {one.verdict for one in recorded().judgements}:
        assert verdict.capitalize() in shown
    bars = [html.proto.body for html in page.get("html") if 'class="seed-bars"' in html.proto.body]
    assert len(bars) == len(CLAIMS)
    assert all("seeds for" in one for one in bars), "read aloud"
    assert recorded().origin["command"] in shown


def test_a_statement_opens_its_claim_with_seeds_that_were_not_recorded(claims: AppTest) -> None:
    page = claims.run()
    page.button(key="claim_gates_specialise").click().run()
    assert not page.exception
    claim = CLAIMS["gates_specialise"]
    assert f"9. {claim.statement}" in text(page)
    assert claim.reasoning in text(page)
    assert of_sidebar(page, "first_seed") == SEEDS
    assert of_sidebar(page, "cells") == list(claim.experiments[0].cells)
    assert address(page)["claim"] == "gates_specialise"
    assert pages.figures(page)
    page.button(key="claim_next").click().run()
    assert "10. " in text(page)
    next(one for one in page.button if one.label == "All claims").click().run()
    assert address(page) == {}


def test_the_address_opens_a_claim_and_says_so_where_there_is_none(claims: AppTest) -> None:
    assert of_sidebar(open_claim(claims, "simple_rnn_latches"), "task") == "recall"
    page = open_claim(pages.app("claims.py"), "nonsense")
    assert "nonsense" in pages.warnings(page)[0]
    assert len(page.button) >= len(CLAIMS)


def test_a_choice_of_the_experiment_sets_the_sidebar(claims: AppTest) -> None:
    page = open_claim(claims, CLIPPING.name)
    assert of_sidebar(page, "clip") == 1
    page.segmented_control(key="claim_experiment").set_value(1).run()
    assert not page.exception
    assert of_sidebar(page, "clip") == 0


def test_runs_of_ones_own_are_judged_by_the_same_rule(claims: AppTest, store: Store) -> None:
    """A comparison of two experiments speaks once both were run."""
    runs = [
        finished(store, replace(one, seeds=1, steps=2, hidden_size=4, batch_size=4, held_out=8))
        for one in CLIPPING.experiments
    ]
    page = claims
    page.query_params["run"] = runs[0]
    page = open_claim(page, CLIPPING.name)
    assert "compares several experiments" in text(page)
    assert address(page) == {"claim": CLIPPING.name, "run": runs[0]}
    page.session_state["claim_runs"] = tuple(runs)
    page.run()
    assert not page.exception
    assert "By itself, this says: **Undecided**" in text(page)


def test_published_results_stand_beside_ours_and_open_on_the_race_page(claims: AppTest) -> None:
    for name in PUBLISHED:
        claims.session_state[f"open_{name}"] = True
    page = claims.run()
    assert not page.exception
    assert [one.label for one in page.expander] == [title(one) for one in PUBLISHED.values()]
    tables = [table.value.to_csv() for table in page.table]
    for result, shown in zip(PUBLISHED.values(), tables, strict=True):
        assert all(one.what in shown for one in result.comparisons)
    result = PUBLISHED["pascanu_clipping"]
    links = [one.proto for one in page.get("page_link")]
    (link,) = [one for one in links if "without clipping" in one.label]
    assert link.page == ""
    race = pages.app()
    race.query_params.update(parse_qs(link.query_string))
    race.run()
    assert not race.exception
    assert race.title[0].value.startswith("How far back")
    assert pages.experiment(race) == result.experiments[1]
    assert address(race)["clip"] == "0.0"
