"""The session cookie: an opaque secret, its name and attributes, set and cleared at the end of the request."""

from __future__ import annotations

from flask import Flask, g, request
from werkzeug.wrappers import Response

from idp.kernel.settings import settings

LONGEST = 64


def name() -> str:
    """``__Host-`` binds the cookie to this host and path wherever the issuer is https (RFC 6265bis section 4.1.3.2)."""
    return "__Host-beacon-session" if settings().secure else "beacon-session"


def received() -> str | None:
    """The secret that the browser sent, if it could be one."""
    secret = request.cookies.get(name(), "")
    return secret if 0 < len(secret) <= LONGEST else None


def give(secret: str) -> None:
    """Set the cookie on this request's response."""
    g._session_cookie = secret


def clear() -> None:
    """Remove the cookie with this request's response."""
    g._session_cookie = ""


def start(app: Flask) -> None:
    """Write the cookie on the way out."""
    app.after_request(_write)


def _write(response: Response) -> Response:
    secret = g.get("_session_cookie")
    if secret is None:
        return response
    if secret:
        response.set_cookie(name(), secret, path="/", secure=settings().secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(name(), path="/", secure=settings().secure, httponly=True, samesite="Lax")
    return response
