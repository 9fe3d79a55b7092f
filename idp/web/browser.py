"""Which browser this is: an unguessable id in the signed browser cookie, made when first needed."""

from __future__ import annotations

from flask import session

from idp.kernel import crypto

KEY = "browser"


def browser_digest() -> bytes:
    """SHA-256 of this browser's id; binds attempts and parked requests to the browser that began them."""
    if KEY not in session:
        session[KEY] = crypto.token()
    return crypto.digest(session[KEY])
