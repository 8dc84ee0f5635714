"""A link to another page that looks like a button."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def link_button(
    label: str,
    page: str,
    key: str,
    *,
    parameters: Mapping[str, str | list[str]],
    icon: str | None = None,
    disabled: bool = False,
) -> None:
    """Draws it; it leads to a page of ``views``, with these parameters in its address.

    Unlike ``st.switch_page`` at the press of a button, the browser ends what a page draws again by
    itself before it leaves: Streamlit would take such a request for one to stay there.
    """
    with st.container(key=f"link_{key}", width="content"):
        st.page_link(page, label=label, icon=icon, query_params=parameters, disabled=disabled)
