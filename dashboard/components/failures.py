"""What went wrong around a page, as one message in the place of its content."""

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
    """Of a page, and of every fragment: what a fragment raises does not come to its page.

    Each has its turn.
    """
    try:
        with draw_slot():
            yield
    except ConfigurationError as error:
        st.error(f"This app is not set up well: {escape_markdown(str(error), most=600)}")
    except UnknownRunError as error:
        st.error(
            f"This run cannot be shown: {escape_markdown(str(error), most=600)}. Reload the page."
        )
    except StoreError as error:
        log.warning("page without its store: %s", error)
        st.error(
            f"The store of runs does not answer: {escape_markdown(str(error), most=600)}. "
            "What was measured is kept. Reload the page in a while."
        )
