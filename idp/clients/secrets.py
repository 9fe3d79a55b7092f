"""Client secrets: 256 random bits each, told once and kept as a digest. During a rotation two work at once."""

from __future__ import annotations

from sqlalchemy import delete, insert, or_, select, update

from idp.clients.models import ClientSecret
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.crypto import digest, new_id, token
from idp.kernel.db import execute, transaction

OVERLAP = 7 * DAY

Digests = tuple[tuple[bytes, int | None], ...]
"""Digests of secrets, each with its end (seconds since the epoch) or None."""


def of(client_id: str) -> Digests:
    """The secrets of an app, live or not."""
    kept = select(ClientSecret.digest, ClientSecret.expires_at).where(ClientSecret.client_id == client_id)
    return tuple((row.digest, row.expires_at) for row in execute(kept))


def give(client_id: str) -> str:
    """Give an app a new secret, returned this once."""
    secret = token()
    with transaction() as connection:
        connection.execute(
            insert(ClientSecret),
            {"id": new_id(), "client_id": client_id, "digest": digest(secret), "created_at": clock.now()},
        )
    return secret


def let_run_out(client_id: str) -> int:
    """Let the secrets that an app has work for a week more. Returns when that is over."""
    until = clock.now() + OVERLAP
    longer = or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > until)
    with transaction() as connection:
        connection.execute(
            update(ClientSecret).where(ClientSecret.client_id == client_id, longer).values(expires_at=until)
        )
    return until


def take_all(client_id: str) -> None:
    """Take every secret of an app away."""
    with transaction() as connection:
        connection.execute(delete(ClientSecret).where(ClientSecret.client_id == client_id))
