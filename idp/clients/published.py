"""The public keys of an app: those it registered, or those it publishes at its ``jwks_uri`` (RFC 7591 section 2).

A published set is shared by all nodes. It is fetched when it is first needed, again when it is an hour old, and when a
signature fits none of its keys, so that an app may change its keys as it likes; but never twice within ten seconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import KeySet
from sqlalchemy import select, update

from idp.clients.models import ClientKeys
from idp.clients.public_keys import demand_public
from idp.clients.service import Client
from idp.kernel import clock, db, recent
from idp.kernel.clock import HOUR
from idp.kernel.db import execute, in_transaction, transaction
from idp.kernel.errors import Refused
from idp.kernel.fetch import fetch
from idp.kernel.logs import log

FRESH_FOR = HOUR
APART = 10
"""Seconds between two fetches for one app, whatever it sends."""

KIND = "client_keys"
TYPES = "application/jwk-set+json, application/json"
_MEMBERS = frozenset("kty use key_ops alg kid x5c crv x y n e".split())


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of a published set: the last one that could be used, and when it was fetched and tried for."""

    keys: KeySet | None
    fetched_at: int
    tried_at: int


def keys_of(client: Client, *, refetch: bool = False) -> KeySet | None:
    """The app's public keys, None where it has none or they never could be had.

    ``refetch`` says that the known ones did not fit. Inside a transaction nothing is fetched: others would wait.
    """
    if (uri := client.metadata.jwks_uri) is None:
        return client.keys
    published = recent.recall(KIND, (client.id, uri), lambda: _read(client.id, uri))
    now = clock.now()
    wanted = refetch or published.fetched_at <= now - FRESH_FOR
    if wanted and published.tried_at <= now - APART and not in_transaction():
        if _may_try(client.id):
            _renew(client.id, uri)
        published = recent.remember(KIND, (client.id, uri), _read(client.id, uri))
    return published.keys


def _read(client_id: str, uri: str) -> Published:
    row = execute(select(ClientKeys.__table__).where(ClientKeys.client_id == client_id)).first()
    kept = row is not None and row.jwks is not None and row.jwks["uri"] == uri
    return Published(
        keys=demand_public(row.jwks) if row and kept else None,
        fetched_at=row.fetched_at if row and kept else 0,
        tried_at=row.tried_at if row else 0,
    )


def _may_try(client_id: str) -> bool:
    """Whether nobody has tried within ten seconds. Whoever is told so has to."""
    now = clock.now()
    with transaction() as connection:
        tried = connection.execute(
            db.insert(ClientKeys)
            .values(client_id=client_id, tried_at=now)
            .on_conflict_do_update(
                index_elements=["client_id"], set_={"tried_at": now}, where=ClientKeys.tried_at <= now - APART
            )
        )
        return tried.rowcount == 1


def _renew(client_id: str, uri: str) -> None:
    try:
        keys = _fetched(uri)
    except (Refused, ValueError, RecursionError) as error:
        log().warning("keys not fetched", client=client_id, detail=type(error).__name__)
        return
    with transaction() as connection:
        connection.execute(
            update(ClientKeys)
            .where(ClientKeys.client_id == client_id)
            .values(jwks={"uri": uri, "keys": keys}, fetched_at=clock.now())
        )


def _fetched(uri: str) -> list[dict[str, Any]]:
    """The keys at ``uri``, which must be as good as registered ones, without what no key needs."""
    answer = fetch(uri, accept=TYPES)
    if answer.status != 200:
        raise ValueError
    found = json.loads(answer.body)
    demand_public(found)
    return [{name: value for name, value in key.items() if name in _MEMBERS} for key in found["keys"]]
