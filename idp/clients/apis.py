"""The APIs that agency apps serve: how each is named as a resource (RFC 8707), and what its scopes are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from idp.clients.errors import BadMetadata
from idp.clients.models import ClientRow
from idp.kernel import recent
from idp.kernel.db import execute


@dataclass(frozen=True, slots=True)
class Api:
    """One API, and the app that serves it."""

    client_id: str
    resource: str
    scopes: tuple[str, ...]


def every() -> tuple[Api, ...]:
    """All of them, those of apps that are switched off too; at most a second old."""
    return recent.recall("apis", None, read)


def read() -> tuple[Api, ...]:
    """All of them, read now."""
    named = ClientRow.extra["resource"].as_string()
    rows = execute(select(ClientRow.id, ClientRow.extra).where(named.is_not(None)).order_by(ClientRow.id))
    return tuple(Api(row.id, row.extra["resource"], tuple(row.extra.get("resource_scopes", ()))) for row in rows)


def at(resource: str) -> Api | None:
    """The API that is named so."""
    return next((api for api in every() if api.resource == resource), None)


def demand_own(client_id: str, extra: Mapping[str, Any]) -> None:
    """An API has one app that serves it: whoever serves it may ask about its tokens. Raises :class:`BadMetadata`.

    Nor do two of them share a scope: a resident agrees to a scope by its name. ``extra`` is the app's further metadata.
    """
    others = [api for api in read() if api.client_id != client_id]
    if extra.get("resource") in {api.resource for api in others}:
        raise BadMetadata("resource is served by another app already.")
    if not {scope for api in others for scope in api.scopes}.isdisjoint(extra.get("resource_scopes", ())):
        raise BadMetadata("resource_scopes must not be scopes of another API.")


def scopes() -> frozenset[str]:
    """What all of them call their scopes, read now."""
    return frozenset(scope for api in read() for scope in api.scopes)
