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


class PublicPage:
    """ASGI middleware that adds HEADERS, and gives a browser that opens a page its cookie."""

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
                _add_headers(MutableHeaders(scope=message), request)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add_headers(headers: MutableHeaders, request: HTTPConnection) -> None:
    headers.update(HEADERS)
    # Browsers ask for a page in these words, and for nothing else that we have.
    if "text/html" in request.headers.get("Accept", ""):
        protocol = request.headers.get("X-Forwarded-Proto", request.url.scheme)
        kept = request.cookies.get(visitor.COOKIE, "")
        headers.append("Set-Cookie", visitor.cookie(kept, secure=protocol == "https"))
        # A cache that serves several visitors would give them one cookie.
        headers["Cache-Control"] = "private, no-cache"
