"""Failures that keep a page from being drawn, as one message in its place."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.components.markdown import escape_markdown
from dashboard.scheduling.draw_slots import draw_slot
from models.settings.configuration import ConfigurationError
from models.store import StoreError, UnknownRunError

log = logging.getLogger("memory_lab.app")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Draws a page or a fragment in its draw slot, and shows as a message what it raises.

    Every fragment needs this too: what it raises does not reach its page.
    """
    try:
        with draw_slot():
            yield
    except ConfigurationError as error:
        st.error(f"This app is not set up correctly: {escape_markdown(str(error), most=600)}")
    except UnknownRunError as error:
        st.error(
            f"This run cannot be shown: {escape_markdown(str(error), most=600)}. Reload the page."
        )
    except StoreError as error:
        log.warning("page without its store: %s", error)
        st.error(
            f"The store of runs does not respond: {escape_markdown(str(error), most=600)}. "
            "Its measurements are safe. Reload the page in a while."
        )
