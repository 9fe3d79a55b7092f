"""Apps that register themselves (RFC 7591), and look after their registration (RFC 7592).

Such an app is a third party for good: residents are always asked, and its pages say that nobody has checked it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from idp.audit.actor import acting
from idp.audit.service import record
from idp.clients import names, secrets, sectors, service
from idp.clients.document import read
from idp.clients.errors import BadMetadata
from idp.clients.events import ClientRemoved, RegistrationTokenMade
from idp.clients.models import ClientRow, RegistrationToken
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.crypto import digest, same, token
from idp.kernel.db import execute, transaction
from idp.kernel.errors import Refused

LONGEST_NOTE = 200
APP = "app"
"""Who acts, in the trail."""


class NoRight(Refused):
    """The token does not open this."""

    code = "invalid_token"


@dataclass(frozen=True, slots=True)
class Registered:
    """A new app, with what it is told this once."""

    client: Client
    secret: str | None
    access_token: str


def make_token(note: str, days: int) -> str:
    """An initial access token (RFC 7591 section 3): good for one registration. Returned once."""
    if not 0 < len(note) <= LONGEST_NOTE or not note.isprintable():
        raise BadMetadata(f"The note must be one line of at most {LONGEST_NOTE} characters.")
    text, now = token(), clock.now()
    row = {"digest": digest(text), "note": note, "created_at": now, "expires_at": now + days * DAY}
    with transaction() as connection:
        connection.execute(insert(RegistrationToken), row)
        record(RegistrationTokenMade(note=note, expires_at=now + days * DAY))
    return text


def is_live(initial_token: str) -> bool:
    """Whether an initial access token is still good."""
    return execute(select(RegistrationToken.note).where(*_live(initial_token))).first() is not None


def register(document: Mapping[str, Any], *, initial_token: str | None) -> Registered:
    """Register the app that ``document`` describes, and spend the token that it came with, if it needs one.

    A registration that is refused spends nothing. Raises :class:`BadMetadata` or :class:`NoRight`.
    """
    members, access_token = read(document), token()
    _prove_sector(members)
    with acting(APP), transaction():
        if initial_token is not None:
            _spend(initial_token)
        names.demand_honest(members["name"])
        client, secret = service.register(**members, registration_digest=digest(access_token))
    return Registered(client, secret, access_token)


def holder(client_id: str, access_token: str) -> Client | None:
    """The app whose registration this token manages, if it is this one (RFC 7592 section 3)."""
    live = (ClientRow.id == client_id, ClientRow.disabled_at.is_(None), ClientRow.registration_digest.is_not(None))
    kept = execute(select(ClientRow.registration_digest).where(*live)).scalar()
    return service.load(client_id) if kept is not None and same(kept, digest(access_token)) else None


def replace(client: Client, document: Mapping[str, Any]) -> Client:
    """Let ``document`` take the place of all that the app registered. Raises :class:`BadMetadata` or :class:`NoRight`.

    Fetching takes its time, so what an operator has decided over the app is read after it.
    """
    _prove_sector(read(document, client))
    with acting(APP), transaction():
        present = service.hold(client.id)
        if present.disabled:
            raise NoRight
        members = read(document, present)
        if members["name"] != present.name:
            names.demand_honest(members["name"])
        return service.change(client.id, **members)


def remove(client: Client) -> None:
    """End a registration for good, as its app wishes. Raises :class:`NoRight` when it has ended."""
    with acting(APP):
        if not end(client.id):
            raise NoRight


def end(client_id: str) -> bool:
    """End a registration for good, once. The row stays for the trail; its secrets and its token are no more."""
    with transaction() as connection:
        gone = connection.execute(
            update(ClientRow)
            .where(ClientRow.id == client_id, ClientRow.disabled_at.is_(None))
            .values(disabled_at=clock.now(), registration_digest=digest(token()))
        )
        if gone.rowcount == 1:
            secrets.take_all(client_id)
            record(ClientRemoved(), client_id=client_id)
        return gone.rowcount == 1


def sweep(limit: int) -> int:
    """Delete initial access tokens whose time is over."""
    old = select(RegistrationToken.digest).where(RegistrationToken.expires_at <= clock.now()).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(RegistrationToken).where(RegistrationToken.digest.in_(old))).rowcount


def _prove_sector(members: Mapping[str, Any]) -> None:
    if (sector_document := members["sector_identifier_uri"]) is not None:
        sectors.prove(sector_document, members["redirect_uris"])


def _spend(initial_token: str) -> None:
    with transaction() as connection:
        spent = connection.execute(update(RegistrationToken).where(*_live(initial_token)).values(used_at=clock.now()))
        if spent.rowcount != 1:
            raise NoRight


def _live(initial_token: str) -> tuple[Any, ...]:
    return (
        RegistrationToken.digest == digest(initial_token),
        RegistrationToken.used_at.is_(None),
        RegistrationToken.expires_at > clock.now(),
    )
