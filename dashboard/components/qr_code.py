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
    try:
        code = segno.make(address, micro=False, error="l")
    except DataOverflowError:
        st.info("This address is too long for a QR code. It can be copied from below.")
    else:
        drawn = code.svg_inline(border=QUIET, light="#ffffff", dark="#000000", omitsize=True)
        st.html(f'<div class="qr-code" role="img" aria-label="QR code">{drawn}</div>')
    st.html(f'<p class="qr-address">{escape(address)}</p>')
