"""The Claims page: what the literature says, tested, and each claim to test again."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.components.downloads import run_downloads
from dashboard.components.markdown import escape_markdown
from dashboard.components.scroll import TOP, scroll_to
from dashboard.scheduling.app_resources import scheduler
from dashboard.sections.claims import one_claim
from dashboard.sections.claims.published import published_results
from dashboard.sections.claims.table import all_claims, origin
from dashboard.sections.live_run import follow, other_settings, start_row
from dashboard.session import current_run
from dashboard.session.session_state import CLAIM, CLAIM_EXPERIMENT, CLAIM_RUNS, MOVE_TO
from dashboard.sidebar import controls
from dashboard.sidebar.address import refusal
from models.analysis.words import count
from models.claims import CLAIMS, Claim
from models.claims.claim import SEEDS, in_setting
from models.claims.record import recorded
from models.experiment import Experiment
from models.tasks import task_title


def page() -> None:
    """Draws the page from top to bottom."""
    st.title("Is it true? What is said of memory, tested", anchor=False)
    arrived = current_run.follow_address()
    if arrived and _follow_address():
        arrived = False  # the sidebar is set
    claim = CLAIMS.get(CLAIM.get(""))
    if claim is None:
        current_run.keep_address({})
        all_claims(recorded(), _open)
        published_results()
    else:
        _one(claim, arrived=arrived)
    if place := MOVE_TO.take():
        scroll_to(place)
    scheduler()


def _follow_address() -> bool:
    """Opens the claim of the address; returns whether its experiment was set in the sidebar.

    It is where the address has nothing else.
    """
    name = st.query_params.get("claim", "")
    if name in CLAIMS:
        CLAIM.set(name)
        if current_run.current() is None and not set(st.query_params) - {"claim"}:
            controls.show(again(CLAIMS[name].experiments[0]))
            return True
    else:
        CLAIM.take()
        if name:
            st.warning(
                escape_markdown(refusal("claim", [name], "all claims"), most=600),
                icon=":material/link_off:",
            )
    return False


def _open(name: str) -> None:
    """Opens a claim, with its first experiment in the sidebar; "" opens none."""
    current_run.leave()
    CLAIM.set(name)
    MOVE_TO.set(TOP)
    CLAIM_RUNS.take()
    CLAIM_EXPERIMENT.take()
    if name:
        controls.show(again(CLAIMS[name].experiments[0]))


def again(experiment: Experiment) -> Experiment:
    """An experiment of a claim with seeds that the recorded run did not have."""
    return in_setting(experiment, thorough=False, first_seed=SEEDS)


def _one(claim: Claim, *, arrived: bool) -> None:
    names = list(CLAIMS)
    place = names.index(claim.name)
    with st.container(horizontal=True, key="claim_ways"):
        st.button(
            "All claims",
            key="all_claims",
            icon=":material/arrow_back:",
            on_click=_open,
            args=("",),
        )
        for label, there in (("Previous", place - 1), ("Next", place + 1)):
            st.button(
                label,
                key=f"claim_{label.lower()}",
                on_click=_open,
                args=(names[there % len(names)],),
                disabled=not 0 <= there < len(names),
            )
    settings = controls.settings(arrived=arrived, others=("claim",))
    run = current_run.current()
    address: dict[str, str | list[str]] = {"run": run.id} if run else {}
    if settings.experiment and not run:
        address = controls.address_of(settings.experiment)
    current_run.keep_address({"claim": claim.name, **address})
    for message in settings.messages:
        st.warning(message, icon=":material/link_off:")
    one_claim.show_claim(recorded().of(claim.name))
    origin(recorded())
    st.header("Run it again", anchor=False)
    _choose_experiment(claim)
    with start_row(settings, run):
        pass
    if run:
        other_settings(run, settings.experiment)
        follow(run, partial(one_claim.own_run, claim))
        run_downloads(run, key="claim")
    st.markdown("Or in a terminal, with all that is tested:")
    st.code(f"python -m models claims {claim.name} --first-seed {SEEDS} --out results/", "bash")


def _choose_experiment(claim: Claim) -> None:
    """Draws the choice of an experiment, which sets the sidebar."""
    experiment = claim.experiments[0]
    st.markdown(
        "The settings in the sidebar are those of the claim, with seeds that the recorded run did "
        f"not have ({count(experiment.seeds, 'seed')}, from {SEEDS}). Change what you like, and "
        "press Train."
    )
    if len(claim.experiments) > 1:
        st.segmented_control(
            "Experiment",
            range(len(claim.experiments)),
            default=0,
            required=True,
            key=CLAIM_EXPERIMENT.name,
            format_func=lambda place: _title(claim, place),
            on_change=_set_experiment,
            args=(claim,),
        )


def _title(claim: Claim, place: int) -> str:
    """What distinguishes an experiment of a claim from the others."""
    experiment = claim.experiments[place]
    if len({one.task for one in claim.experiments}) > 1:
        return task_title(experiment.task)
    return "With clipping" if experiment.clip > 0 else "Without clipping"


def _set_experiment(claim: Claim) -> None:
    current_run.leave()
    controls.show(again(claim.experiments[CLAIM_EXPERIMENT.get(0)]))


page()
