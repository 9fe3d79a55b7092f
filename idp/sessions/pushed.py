"""Authorization requests that apps sent ahead (RFC 9126): kept sealed under the digest of their name, answered once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.crypto import digest, open_for_system, seal_for_system, token
from idp.kernel.db import execute, transaction
from idp.sessions import parked
from idp.sessions.errors import PushedGone
from idp.sessions.models import PushedRequestRow

LIFETIME = 90
"""Seconds in which the browser must arrive with it (RFC 9126 section 2.2). What it began then lasts as long as a
sign-in may."""

KEPT_FOR = parked.OPEN_FOR


@dataclass(frozen=True, slots=True)
class Pushed:
    """A pushed request: the digest that it is kept under, and its parameters."""

    digest: bytes
    parameters: dict[str, str]


def keep(client: Client, parameters: Mapping[str, str]) -> str:
    """Keep a valid request of this app. Returns its name, of 256 random bits."""
    name, now = token(), clock.now()
    key = digest(name)
    with transaction() as connection:
        connection.execute(
            insert(PushedRequestRow),
            {
                "digest": key,
                "client_id": client.id,
                "parameters": seal_for_system(json.dumps(dict(parameters)), _context(key)),
                "created_at": now,
                "expires_at": now + LIFETIME,
            },
        )
    return name


def load(name: str, client: Client) -> Pushed:
    """The request that this app pushed under ``name``, while it is young and unanswered. Raises :class:`PushedGone`."""
    key = digest(name)
    row = execute(select(PushedRequestRow.__table__).where(PushedRequestRow.digest == key)).first()
    if row is None or row.client_id != client.id:
        raise PushedGone("unknown, or another client's")
    if row.used_at is not None or row.expires_at <= clock.now():
        raise PushedGone("used or expired")
    return Pushed(key, json.loads(open_for_system(row.parameters, _context(key))))


def use(key: bytes) -> None:
    """Spend a request with its answer. Raises :class:`PushedGone` the second time."""
    with transaction() as connection:
        used = connection.execute(
            update(PushedRequestRow)
            .where(PushedRequestRow.digest == key, PushedRequestRow.used_at.is_(None))
            .values(used_at=clock.now())
        )
        if used.rowcount != 1:
            raise PushedGone("used before")


def sweep(limit: int) -> int:
    """Delete requests when whatever began with them is over too."""
    old = select(PushedRequestRow.digest).where(PushedRequestRow.expires_at < clock.now() - KEPT_FOR).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(PushedRequestRow).where(PushedRequestRow.digest.in_(old))).rowcount


def _context(key: bytes) -> str:
    return f"pushed\0{key.hex()}"
