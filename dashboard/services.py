"""What all sessions share: the store of runs and the trainer."""

from __future__ import annotations

import os

import streamlit as st

from dashboard.trainer import Trainer
from models.results.store import Store


def store_url() -> str | None:
    """MEMORY_LAB_STORE from the environment or ``.streamlit/secrets.toml``; None is the default."""
    if url := os.environ.get("MEMORY_LAB_STORE"):
        return url
    try:
        return st.secrets.get("MEMORY_LAB_STORE")
    except FileNotFoundError:
        return None


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store of runs."""
    return Store(store_url())


@st.cache_resource(show_spinner=False)
def trainer() -> Trainer:
    """The trainer, with a warm process from the first visit on."""
    return Trainer(store(), store_url())
