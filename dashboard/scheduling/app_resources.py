"""What all sessions share: the configuration, the store of runs and the scheduler."""

from __future__ import annotations

import os

import streamlit as st

from dashboard.scheduling.scheduler import Scheduler
from models.service.logs import start_logging
from models.settings.configuration import PREFIX, Configuration
from models.store import Store


def variables() -> dict[str, str]:
    """MEMORY_LAB_… from the environment, and from ``.streamlit/secrets.toml`` where not there."""
    return _secrets() | {key: text for key, text in os.environ.items() if key.startswith(PREFIX)}


def _secrets() -> dict[str, str]:
    try:
        return {key: str(value) for key, value in st.secrets.items() if key.startswith(PREFIX)}
    except FileNotFoundError:
        return {}


@st.cache_resource(show_spinner=False)
def configuration() -> Configuration:
    """How this app is set up. Raises ConfigurationError."""
    found = Configuration.from_mapping(variables())
    start_logging("dashboard", found)
    return found


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store of runs. Raises StoreError."""
    return Store(configuration().store)


@st.cache_resource(show_spinner=False)
def scheduler() -> Scheduler:
    """The scheduler of runs, with a warm process from the first visit on."""
    return Scheduler(store(), configuration(), variables())
