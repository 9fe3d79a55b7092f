"""Challenges of passkey ceremonies: 256 random bits, for one purpose, browser and holder, good once for five minutes.

Only a digest is kept. A challenge is spent before anything in the answer is believed, so a second try needs a new one.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from idp.kernel import clock
from idp.kernel.crypto import digest, token
from idp.kernel.db import transaction
from idp.web.browser import browser_digest
from mfa.errors import PasskeyRefused
from mfa.models import PasskeyChallenge
from mfa.webauthn import LIFETIME


def issue(purpose: str, holder: str) -> str:
    """A new challenge for this browser, as base64url. ``holder`` is an attempt, a session or a request that waits."""
    challenge = token()
    row = {
        "digest": digest(challenge),
        "purpose": purpose,
        "browser": browser_digest(),
        "holder": holder,
        "expires_at": clock.now() + LIFETIME,
    }
    with transaction() as connection:
        connection.execute(insert(PasskeyChallenge), row)
    return challenge


def spend(challenge: str, purpose: str, holder: str) -> None:
    """Spend a challenge. Raises :class:`PasskeyRefused` unless it was issued for exactly this, and not used yet."""
    with transaction() as connection:
        spent = connection.execute(
            delete(PasskeyChallenge).where(
                PasskeyChallenge.digest == digest(challenge),
                PasskeyChallenge.purpose == purpose,
                PasskeyChallenge.browser == browser_digest(),
                PasskeyChallenge.holder == holder,
                PasskeyChallenge.expires_at > clock.now(),
            )
        )
    if spent.rowcount != 1:
        raise PasskeyRefused("challenge")


def sweep(limit: int) -> int:
    """Delete challenges whose time is over."""
    over = PasskeyChallenge.expires_at <= clock.now()
    with transaction() as connection:
        old = select(PasskeyChallenge.digest).where(over).limit(limit)
        return connection.execute(delete(PasskeyChallenge).where(PasskeyChallenge.digest.in_(old))).rowcount
