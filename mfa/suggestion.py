"""A word about passkeys for whoever has none: on account home, once in a month and browser, and never on the way to
an app."""

from __future__ import annotations

from flask import after_this_request, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.kernel.clock import DAY
from idp.kernel.contracts import Label
from idp.kernel.settings import settings
from mfa import passkeys

COOKIE = "beacon-passkey-suggested"
RESTS_FOR = 30 * DAY


def suggestion(account_id: str) -> Label | None:
    """What to say; None for who has a passkey or was told."""
    if COOKIE in request.cookies or passkeys.passkeys_of(account_id):
        return None

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(
            COOKIE, "yes", RESTS_FOR, path="/account", secure=settings().secure, httponly=True, samesite="Lax"
        )
        return response

    return str(_("With a passkey you sign in by face, fingerprint or screen lock."))
