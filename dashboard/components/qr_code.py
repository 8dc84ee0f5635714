"""An address as a QR code, large enough for a class to scan from the wall."""

from __future__ import annotations

from html import escape
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
import streamlit as st
from segno.encoder import DataOverflowError

QUIET = 4
"""The white modules around the code that the standard asks for."""


@st.dialog("Open this page on your own device", width="large")
def qr_code(address: str) -> None:
    """Shows the code of an address in a dialog, with the address as text below."""
    qr_image(address)
    st.html(f'<p class="qr-address">{escape(address)}</p>')


def qr_image(address: str) -> None:
    """Draws the code of an address, or says why there is none, or none of use."""
    if only_here(address):
        st.warning(
            "No other device can open this address: it leads to this machine alone. Open the "
            "dashboard by its network address, which Streamlit prints when it starts, or publish "
            "it. Then show the code again.",
            icon=":material/mobile_off:",
        )
    try:
        code = segno.make(address, micro=False, error="l")
    except DataOverflowError:
        st.info("This address is too long for a QR code. It can be copied from below.")
    else:
        image = code.svg_data_uri(border=QUIET, scale=8, light="#ffffff", dark="#000000")
        st.html(f'<img class="qr-code" alt="QR code of the address below" src="{escape(image)}">')


def only_here(address: str) -> bool:
    """Whether an address can be reached from its own machine alone."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
