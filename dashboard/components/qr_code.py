"""An address as a QR code, large enough for a class to scan from the wall."""

from __future__ import annotations

from html import escape

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
    """Draws the code of an address, or says that there is none of so long a one."""
    try:
        code = segno.make(address, micro=False, error="l")
    except DataOverflowError:
        st.info("This address is too long for a QR code. It can be copied from below.")
    else:
        image = code.svg_data_uri(border=QUIET, scale=8, light="#ffffff", dark="#000000")
        st.html(f'<img class="qr-code" alt="QR code of the address below" src="{escape(image)}">')
