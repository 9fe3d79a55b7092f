"""From where apps call: networks alone, for a month, so that it can be told which apps have the next signing key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Executable, delete, select, tuple_

from idp.clients.models import ClientNetwork, ClientRow
from idp.clients.service import Client
from idp.clients.vocabulary import CODE, DEVICE
from idp.kernel import clock, db, seldom
from idp.kernel.clock import DAY, HOUR
from idp.kernel.db import execute, transaction

KEPT_FOR = 30 * DAY
GIVEN_ID_TOKENS = frozenset({CODE, DEVICE})
"""Grants that answer with an ID token, which has a signature to verify."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An app that called the token endpoint within a month, and from where."""

    client_id: str
    name: str
    networks: frozenset[str]


def note(client: Client, network: str) -> None:
    """Note that an app called the token endpoint from ``network``, at most once an hour.

    A public app runs on residents' own devices, and where these are is nobody's business.
    """
    if client.native:
        return
    seldom.note("client network", (client.id, network), lambda: _seen(client.id, network), every=HOUR)


def callers() -> list[Caller]:
    """The apps that called within a month, are not switched off and are given ID tokens, by name."""
    statement = (
        select(ClientRow.id, ClientRow.name, ClientRow.grants, ClientNetwork.network)
        .join(ClientNetwork, ClientNetwork.client_id == ClientRow.id)
        .where(ClientNetwork.seen_at >= clock.now() - KEPT_FOR, ClientRow.disabled_at.is_(None))
        .order_by(ClientRow.name, ClientRow.id)
    )
    found: dict[tuple[str, str], set[str]] = {}
    for row in execute(statement):
        if GIVEN_ID_TOKENS & set(row.grants):
            found.setdefault((row.id, row.name), set()).add(row.network)
    return [Caller(client_id, name, frozenset(networks)) for (client_id, name), networks in found.items()]


def sweep(limit: int) -> int:
    """Forget from where an app has not called for a month."""
    pair = tuple_(ClientNetwork.client_id, ClientNetwork.network)
    old = (
        select(ClientNetwork.client_id, ClientNetwork.network)
        .where(ClientNetwork.seen_at < clock.now() - KEPT_FOR)
        .limit(limit)
    )
    with transaction() as connection:
        return connection.execute(delete(ClientNetwork).where(pair.in_(old))).rowcount


def _seen(client_id: str, network: str) -> Executable:
    now = clock.now()
    values = {"client_id": client_id, "network": network, "seen_at": now}
    statement = db.insert(ClientNetwork).values(values)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["client_id", "network"], set_={"seen_at": now}
    )
