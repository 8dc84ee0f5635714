"""What went wrong around a page, told in one message in the place of what should stand there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.components.markdown import plain
from dashboard.scheduling.draw_slots import turn
from models.settings.configuration import ConfigurationError
from models.store import StoreError, UnknownRunError

log = logging.getLogger("memory_lab.app")


@contextmanager
def told() -> Iterator[None]:
    """Of a page, and of every fragment: what a fragment raises does not come to its page.

    Each has its turn.
    """
    try:
        with turn():
            yield
    except ConfigurationError as error:
        st.error(f"This app is not set up well: {plain(str(error), most=600)}")
    except UnknownRunError as error:
        st.error(f"This run cannot be shown: {plain(str(error), most=600)}. Reload the page.")
    except StoreError as error:
        log.warning("page without its store: %s", error)
        st.error(
            f"The store of runs does not answer: {plain(str(error), most=600)}. What was measured "
            "is kept. Reload the page in a while."
        )
