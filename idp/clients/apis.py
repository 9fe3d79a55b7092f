"""The APIs that agency apps serve: how each is named as a resource (RFC 8707), and what its scopes are called."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from idp.clients.models import ClientRow
from idp.kernel.db import execute


@dataclass(frozen=True, slots=True)
class Api:
    """One API, and the app that serves it."""

    client_id: str
    resource: str
    scopes: tuple[str, ...]


def every() -> tuple[Api, ...]:
    """All of them, those of apps that are switched off too."""
    named = ClientRow.extra["resource"].as_string()
    rows = execute(select(ClientRow.id, ClientRow.extra).where(named.is_not(None)).order_by(ClientRow.id))
    return tuple(Api(row.id, row.extra["resource"], tuple(row.extra.get("resource_scopes", ()))) for row in rows)


def at(resource: str) -> Api | None:
    """The API that is named so."""
    return next((api for api in every() if api.resource == resource), None)


def scopes() -> frozenset[str]:
    """What all of them call their scopes."""
    return frozenset(scope for api in every() for scope in api.scopes)
