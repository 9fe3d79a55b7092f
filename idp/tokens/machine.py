"""Tokens that an app gets for itself, with no resident behind them (RFC 6749 section 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, delete, insert, select

from idp.audit.service import record
from idp.clients.models import ClientRow
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import digest
from idp.kernel.db import execute, transaction
from idp.tokens.events import ClientTokenIssued
from idp.tokens.models import ClientToken

LIFETIME = 10 * MINUTE

_FACTS = [column for column in ClientToken.__table__.c if column.name != "digest"]
_LIVE = (
    select(*_FACTS)
    .join(ClientRow, ClientRow.id == ClientToken.client_id)
    .where(
        ClientToken.digest == bindparam("presented"),
        ClientToken.expires_at > bindparam("now"),
        ClientRow.disabled_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class MachineToken:
    """What an app's own token stands for: the app alone. Times in seconds since the epoch.

    ``audience`` is the API it is for, or None; ``confirmation`` what it is bound to.
    """

    client_id: str
    scopes: tuple[str, ...]
    audience: str | None
    confirmation: str | None
    issued_at: int
    expires_at: int


def issue(
    client_id: str,
    scopes: tuple[str, ...],
    *,
    audience: str | None,
    confirmation: str | None,
    write: Callable[[MachineToken], str],
) -> str:
    """Issue an app a token of its own. ``write`` makes its text."""
    now = clock.now()
    facts = MachineToken(client_id, scopes, audience, confirmation, now, now + LIFETIME)
    text = write(facts)
    with transaction() as connection:
        connection.execute(insert(ClientToken), asdict(facts) | {"digest": digest(text)})
        record(ClientTokenIssued(scopes=scopes, audience=audience or ""), client_id=client_id)
    return text


def find(text: str) -> MachineToken | None:
    """What an app's own live token stands for. None when it does not work (any more)."""
    row = execute(_LIVE, {"presented": digest(text), "now": clock.now()}).mappings().first()
    return MachineToken(**row) if row is not None else None


def revoke(text: str, client_id: str) -> None:
    """Revoke a token that this app got for itself. Another app's is left alone, silently."""
    with transaction() as connection:
        connection.execute(
            delete(ClientToken).where(ClientToken.digest == digest(text), ClientToken.client_id == client_id)
        )


def revoke_of_client(client_id: str) -> None:
    """Revoke every token that an app got for itself."""
    with transaction() as connection:
        connection.execute(delete(ClientToken).where(ClientToken.client_id == client_id))


def sweep(limit: int) -> int:
    """Delete expired tokens."""
    old = select(ClientToken.digest).where(ClientToken.expires_at < clock.now()).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(ClientToken).where(ClientToken.digest.in_(old))).rowcount
