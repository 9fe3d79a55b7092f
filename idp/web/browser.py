"""Which browser this is: an unguessable id in the signed browser cookie, and what it shows of earlier sign-ins."""

from __future__ import annotations

from flask import after_this_request, request, session
from werkzeug.wrappers import Response

from idp.kernel import crypto
from idp.kernel.clock import DAY
from idp.kernel.settings import settings

KEY = "browser"
KNOWN_FOR = 400 * DAY
"""The longest that browsers keep a cookie (RFC 6265bis section 5.5)."""

LONGEST = 512


def browser_digest() -> bytes:
    """SHA-256 of this browser's id; binds attempts and parked requests to the browser that began them."""
    if KEY not in session:
        session[KEY] = crypto.token()
    return crypto.digest(session[KEY])


def known_as() -> str:
    """What this browser shows of the accounts that were signed in to in it; empty for a new one. It proves nobody."""
    shown = request.cookies.get(_known_cookie(), "")
    return shown if len(shown) <= LONGEST else ""


def make_known(text: str) -> None:
    """Let this browser show ``text`` from now on."""

    @after_this_request
    def give(response: Response) -> Response:
        response.set_cookie(
            _known_cookie(), text, KNOWN_FOR, path="/", secure=settings().secure, httponly=True, samesite="Lax"
        )
        return response


def _known_cookie() -> str:
    return "__Host-beacon-known" if settings().secure else "beacon-known"
