"""Who is looking: a browser, known by a secret in a cookie that only it and its sessions have."""

from __future__ import annotations

import hashlib
import re
import secrets

import streamlit as st

from dashboard.scheduling.app_resources import configuration
from dashboard.session.session_state import VISITOR_SECRET
from models.store.run import Run

COOKIE = "memory_lab_visitor"
SECRET = re.compile(r"[\w-]{22,64}", re.ASCII)
SECRET_BYTES = 24
KEPT_SECONDS = 365 * 24 * 3600


def visitor() -> str:
    """The visitor's name in the store: it does not tell the secret."""
    return hashlib.sha256(_secret().encode()).hexdigest()


def is_mine(run: Run) -> bool:
    """Whether this visitor may stop, resume, pin and delete the run.

    Looking at it is for everyone who knows its id. Where the app is shared, all is for everyone.
    """
    return configuration().shared or run.visitor == visitor()


def listed_visitor() -> str | None:
    """Whose runs this visitor may list; None is everyone's."""
    return None if configuration().shared else visitor()


def remember() -> None:
    """Lets the browser keep the secret, so that a reload or a later visit finds its runs again."""
    if st.context.cookies.get(COOKIE) == _secret():
        return
    crumb = f"{COOKIE}={_secret()}; path=/; max-age={KEPT_SECONDS}; SameSite=Lax"
    secure = "(location.protocol === 'https:' ? '; Secure' : '')"
    st.html(
        f"<script>document.cookie = '{crumb}' + {secure}</script>", unsafe_allow_javascript=True
    )


def _secret() -> str:
    secret = VISITOR_SECRET.get()
    if secret is None:
        kept = st.context.cookies.get(COOKIE, "")
        secret = kept if SECRET.fullmatch(kept) else secrets.token_urlsafe(SECRET_BYTES)
        VISITOR_SECRET.set(secret)
    return secret
