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


def cookie(kept: str, secure: bool) -> str:
    """The Set-Cookie header for a browser that sent this secret, or none, or one it made up.

    No script can read it. It is renewed with every page, so that a reload or a later visit finds
    its runs again; ``secure`` keeps it from connections without TLS.
    """
    crumb = f"{COOKIE}={_kept_or_new(kept)}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax"
    return f"{crumb}; Secure" if secure else crumb


def _secret() -> str:
    secret = VISITOR_SECRET.get()
    if secret is None:
        # Where the browser keeps no cookies, a visitor is a session.
        secret = _kept_or_new(st.context.cookies.get(COOKIE, ""))
        VISITOR_SECRET.set(secret)
    return secret


def _kept_or_new(kept: str) -> str:
    return kept if SECRET.fullmatch(kept) else secrets.token_urlsafe(SECRET_BYTES)
