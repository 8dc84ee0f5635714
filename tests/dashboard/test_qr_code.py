"""Whether another device can open the address of a QR code."""

from __future__ import annotations

import pytest

from dashboard.components.qr_code import only_here


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://localhost:8501/?lesson=gates&step=2", True),
        ("http://127.0.0.1:8501/", True),
        ("http://127.1.2.3/", True),
        ("http://[::1]:8501/lessons", True),
        ("http://lab.localhost/", True),
        ("http://192.168.0.17:8501/", False),
        ("https://memory-lab.streamlit.app/?lesson=gates", False),
        ("http://localhost.example.org/", False),
        ("", False),
    ],
)
def test_an_address_of_this_machine_alone_is_known(address: str, here: bool) -> None:
    assert only_here(address) is here
