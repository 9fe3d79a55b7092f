"""The session cookie: an opaque secret, its name and attributes, set and cleared at the end of the request.

An isolated app has a session of its own beside the one that all others share, in a cookie of its own. Which of them a
request is about follows from the app in whose name its page is shown.
"""

from __future__ import annotations

from flask import Flask, g, request
from werkzeug.wrappers import Response

from idp.clients.service import Client
from idp.kernel.crypto import digest
from idp.kernel.settings import settings

LONGEST = 64


def owner() -> str | None:
    """The isolated app whose session this request is about; None for the one that all other apps share."""
    asking: Client | None = g.get("asking")
    return asking.id if asking is not None and asking.metadata.isolated else None


def name(owner: str | None = None) -> str:
    """``__Host-`` binds the cookie to this host and path wherever the issuer is https (RFC 6265bis section 4.1.3.2)."""
    shared = "__Host-beacon-session" if settings().secure else "beacon-session"
    return shared if owner is None else f"{shared}-{digest(owner).hex()[:16]}"


def received() -> str | None:
    """The secret that the browser sent, if it could be one."""
    secret = request.cookies.get(name(owner()), "")
    return secret if 0 < len(secret) <= LONGEST else None


def give(secret: str) -> None:
    """Set the cookie on this request's response."""
    _written()[name(owner())] = secret


def clear(*owners: str | None) -> None:
    """Remove the cookies of these owners with this request's response."""
    _written().update({name(one): "" for one in owners})


def start(app: Flask) -> None:
    """Write the cookies on the way out."""
    app.after_request(_write)


def _written() -> dict[str, str]:
    return g.setdefault("_session_cookies", {})  # type: ignore[no-any-return]


def _write(response: Response) -> Response:
    for cookie, secret in g.get("_session_cookies", {}).items():
        over = None if secret else 0
        response.set_cookie(
            cookie, secret, over, over, path="/", secure=settings().secure, httponly=True, samesite="Lax"
        )
    return response
