"""What every HTTP response of the dashboard carries, and with the page the visitor's cookie."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.session import visitor

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # No other site shows it in a frame, where a press could be led astray.
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    # Who has a run's address can look at it: other sites do not learn it.
    "Referrer-Policy": "same-origin",
}


VERSION = "version"
"""The parameter in the address of a file whose content never changes under that address."""
FOR_GOOD = "public, immutable, max-age=31536000"


class PublicPage:
    """ASGI middleware that adds HEADERS, and gives a browser that opens a page its cookie.

    Files of components are kept by browsers where their address names a version: Streamlit 1.67
    sends them without saying for how long, nor with anything to ask by whether they have changed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and its response back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _add_headers(headers, request)
                if message["status"] == 200 and _is_versioned(request):
                    headers["Cache-Control"] = FOR_GOOD
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _is_versioned(request: HTTPConnection) -> bool:
    """Whether it asks for a file of a component, not for a page, with a version of its own."""
    return "/component/" in request.url.path and VERSION in request.query_params


def _add_headers(headers: MutableHeaders, request: HTTPConnection) -> None:
    headers.update(HEADERS)
    # Browsers ask for a page in these words, and for nothing else that we have.
    if "text/html" in request.headers.get("Accept", ""):
        protocol = request.headers.get("X-Forwarded-Proto", request.url.scheme)
        kept = request.cookies.get(visitor.COOKIE, "")
        headers.append("Set-Cookie", visitor.cookie(kept, secure=protocol == "https"))
        # A cache that serves several visitors would give them one cookie.
        headers["Cache-Control"] = "private, no-cache"
