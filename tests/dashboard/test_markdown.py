"""Texts of unknown origin do nothing in a page."""

from __future__ import annotations

import pytest

from dashboard.components.markdown import escape_markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("rnn", "rnn"),
        ("", ""),
        ("lstm:bias=chrono", r"lstm\:bias\=chrono"),
        ("[x](y) ![z](y)", r"\[x\]\(y\) \!\[z\]\(y\)"),
        ("**a** _b_ `c` ~~d~~ $e$", r"\*\*a\*\* \_b\_ \`c\` \~\~d\~\~ \$e\$"),
        ("<b>&amp;", r"\<b\>\&amp\;"),
        (r"\[x]", r"\\\[x\]"),
        ("# a\n\n- b\r\n    c", r"\# a \- b c"),
        (":red[x] :material/home: :smile:", None),
        ("http://a.example HTTPS://b.example", None),
        ("www.a.example me@a.example", None),
        ("a\0b\u202ec\ud800", "a b c"),
    ],
)
def test_every_sign_is_escaped(text: str, markdown: str | None) -> None:
    escaped = escape_markdown(text)
    if markdown is not None:
        assert escaped == markdown
    else:
        # What would be a link or an icon even so is broken by a word joiner.
        assert "\u2060" in escaped
        assert escaped.replace("\u2060", "").replace("\\", "") == text


def test_a_long_text_is_shortened() -> None:
    assert escape_markdown("x" * 10**6) == "x" * 200 + "…"
    assert escape_markdown("abcdef", most=3) == "abc…"
