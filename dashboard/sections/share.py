"""How a run is passed on: a short link, a link with its settings, QR codes, a file."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import streamlit as st

from dashboard.components.download_button import download_button
from dashboard.components.qr_code import qr_image
from dashboard.scheduling.app_resources import scheduler
from dashboard.session.lecture import PAGES
from dashboard.sidebar.controls import address_of
from models.experiment import Experiment
from models.store.run import Run


def share_button(run: Run, *, disabled: bool = False) -> None:
    """Draws the button that shows how this run is passed on."""
    if st.button("Share", key=f"share_{run.id}", icon=":material/share:", disabled=disabled):
        _dialog(run)


@st.dialog("Share this run", width="large")
def _dialog(run: Run) -> None:
    by_run, by_settings = st.tabs(["The run", "Its settings"])
    with by_run:
        st.markdown(
            "Whoever has this link sees the run as it is. They cannot change, stop or delete it."
        )
        _link(run_address(run))
        st.markdown("Commands know it by its id, or any beginning of it that no other run has.")
        st.code(run.id, language=None)
        st.markdown(
            "The link lasts as long as the run is kept here. On Streamlit Community Cloud that is "
            "until the next restart: the file lasts, and **Open exported results** on the Runs "
            "page of any Memory Lab opens it."
        )
        name = f"{run.id}.zip"
        download_button(
            "The run as a file", partial(scheduler().export, run.id, name), name, "shared"
        )
    with by_settings:
        st.markdown(
            "This link holds every setting of the experiment, and needs no stored run: whoever "
            "opens it can train the same models."
        )
        _link(experiment_address(run.experiment))


def _link(address: str) -> None:
    st.code(address, language=None, wrap_lines=True)
    qr_image(address)


def run_address(run: Run) -> str:
    """The short address of a run, as the visitor's browser reaches it."""
    return f"{_root()}?{urlencode({'run': run.secret})}"


def experiment_address(experiment: Experiment) -> str:
    """The address of the first page with these settings."""
    settings = address_of(experiment)
    return f"{_root()}?{urlencode(settings, doseq=True)}" if settings else _root()


def _root() -> str:
    """The address of the first page."""
    shown = st.context.url or ""
    page = shown.rpartition("/")[2]
    return shown.removesuffix(page) if page in PAGES else shown
