"""Which browser this is: an unguessable id in the signed browser cookie, and what it shows of earlier sign-ins."""

from __future__ import annotations

from flask import Flask, Request, after_this_request, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from idp.kernel import crypto
from idp.kernel.clock import DAY
from idp.kernel.settings import settings

KEY = "browser"
KNOWN_FOR = 400 * DAY
"""The longest that browsers keep a cookie (RFC 6265bis section 5.5)."""

LONGEST = 512


class BrowserCookie(SecureCookieSessionInterface):
    """The signed cookie, for one app: its signer is made once, and not at all for callers without a cookie."""

    _signer: URLSafeTimedSerializer | None = None

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says; nothing when it is not there or not ours."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The one signer of this app."""
        self._signer = self._signer or super().get_signing_serializer(app)
        return self._signer


def browser_digest() -> bytes:
    """SHA-256 of this browser's id; binds attempts and parked requests to the browser that began them."""
    if KEY not in session:
        session[KEY] = crypto.token()
    return crypto.digest(session[KEY])


def known_as() -> str:
    """What this browser shows of the accounts that were signed in to in it; empty for a new one. It proves nobody."""
    shown = remembered("known")
    return shown if len(shown) <= LONGEST else ""


def make_known(text: str) -> None:
    """Let this browser show ``text`` from now on."""
    remember("known", text, KNOWN_FOR)


def remembered(what: str) -> str:
    """What this browser was given to keep under this name; empty where it was not, or lost it."""
    return request.cookies.get(_cookie(what), "")


def remember(what: str, text: str, seconds: int) -> None:
    """Let this browser keep ``text`` for so long. It proves nothing and must not be personal."""

    @after_this_request
    def give(response: Response) -> Response:
        response.set_cookie(
            _cookie(what), text, seconds, path="/", secure=settings().secure, httponly=True, samesite="Lax"
        )
        return response


def _cookie(what: str) -> str:
    return f"__Host-beacon-{what}" if settings().secure else f"beacon-{what}"
