"""One claim: verdict, plots, reasoning, and its experiment to run again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.charts import chart
from dashboard.figures.claim_cases import effects
from dashboard.scheduling.app_resources import store
from dashboard.sections.claims.table import SIGNS
from dashboard.session import current_run
from dashboard.session.run_tables import Reader
from dashboard.session.session_state import CLAIM_RUNS
from models.analysis.words import capitalise, of_all
from models.claims import Case, Claim, Measured, number_of
from models.claims.decision import Judgement, judge
from models.claims.record import cases_table, seeds_table
from models.claims.words import cases_in_words, interval_in_words, margin_in_words, p_in_words
from models.experiment import Experiment
from models.store import UnknownRunError
from models.store.run import Run


def show_claim(judgement: Judgement) -> None:
    """Draws a claim with its recorded verdict, its plots, and why so."""
    claim = judgement.claim
    st.header(f"{number_of(claim)}. {claim.statement}", anchor=False)
    st.markdown(f"{SIGNS[judgement.verdict]} {verdict_in_words(judgement)}")
    plots(judgement, "recorded claims", key="claim")
    st.markdown(f"**How it is tested.** {claim.reasoning}")
    st.markdown(f"**What would change the verdict.** {claim.changes}")
    st.caption(f"Source: {claim.source}")
    _numbers(judgement.cases)


def verdict_in_words(judgement: Judgement) -> str:
    """The verdict with its p-values, and what single cases say."""
    p = (
        f"supported: {p_in_words(judgement.p_for)}; not supported: "
        f"{p_in_words(judgement.p_against)}"
    )
    return f"**{capitalise(judgement.verdict)}** ({p}). {cases_in_words(judgement)}"


def plots(judgement: Judgement, source: str, *, key: str) -> None:
    """Draws a figure for each kind of effect among the cases."""
    titles = dict.fromkeys(case.effect.title for case in judgement.cases)
    for place, title in enumerate(titles):
        chart(
            source,
            f"{key}_{place}",
            (judgement.claim.name, title),
            partial(_figure, judgement, title),
            partial(cases_in_words, judgement),
        )


def _figure(judgement: Judgement, title: str) -> go.Figure:
    """The figure of the cases with this effect."""
    cases = cases_table([judgement])
    return effects(cases[cases["effect"] == title], seeds_table([judgement]))


def _numbers(cases: Sequence[Case]) -> None:
    """Draws the statistics of the cases as a table."""
    rows = [
        {
            "case": case.title,
            "median (95% interval)": interval_in_words(case),
            "claimed": margin_in_words(case.effect),
            "seeds": of_all(case.holds, len(case.values), "seed"),
            "effect": case.effect.title,
        }
        for case in cases
    ]
    with st.expander("The numbers"):
        st.table(rows, border="horizontal")


def own_run(claim: Claim, run: Run) -> None:
    """Draws what a run of the visitor's, with earlier ones of this claim's, says of it."""
    runs = _runs(claim, run)
    cases = claim.measured_cases(runs)
    (judgement,) = judge({claim.name: cases}, {claim.name: claim})
    if not cases:
        st.info(_missing(claim, runs), icon=":material/hourglass_top:")
        return
    st.markdown(f"{SIGNS[judgement.verdict]} By itself, this says: {verdict_in_words(judgement)}")
    if len(runs) < len(claim.experiments):
        st.caption(f"From {of_all(len(runs), len(claim.experiments), 'experiment')} of this claim.")
    version = f"{current_run.reader().version} of {CLAIM_RUNS.get(())}"
    plots(judgement, f"claims by {version}", key="claim_run")


def _missing(claim: Claim, runs: Sequence[Measured]) -> str:
    if len(runs) < len(claim.experiments):
        return "This claim compares several experiments: run the others as well."
    return "Nothing that this claim needs has been measured yet."


def _runs(claim: Claim, run: Run) -> list[Measured]:
    """The runs of this session's for the claim, the latest of each of its experiments."""
    ids = dict.fromkeys([*CLAIM_RUNS.get(()), run.id])
    CLAIM_RUNS.set(tuple(ids))
    latest: dict[tuple[str, bool], Measured] = {}
    for one in ids:
        try:
            found = run if one == run.id else store().run(one)
        except UnknownRunError:
            continue  # deleted meanwhile
        experiment = found.experiment
        reader = current_run.reader() if one == run.id else Reader(one, experiment)
        tables = vars(reader.read(store(), found.updated))
        latest[_kind(experiment)] = Measured(experiment, tables)
    return [latest[kind] for kind in map(_kind, claim.experiments) if kind in latest]


def _kind(experiment: Experiment) -> tuple[str, bool]:
    """What the experiments of one claim differ in: the task, or whether gradients are clipped."""
    return experiment.task, experiment.clip > 0
