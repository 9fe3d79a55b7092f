"""Sectors: which apps know a resident by the same subject, and the documents that prove what belongs together.

Sources: OIDC Core section 8.1, OpenID Connect Registration section 5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from idp.clients.errors import BadMetadata
from idp.clients.models import Subject
from idp.clients.uris import is_loopback
from idp.kernel.db import execute, in_transaction
from idp.kernel.fetch import FetchRefused, fetch

TYPE = "application/json"

_KNOWN = select(Subject.subject).limit(1)


def sector_of(client_id: str, redirect_uris: Sequence[str], agency_id: str | None, document: str | None) -> str:
    """Who shares a pairwise subject (OIDC Core section 8.1).

    All apps of one agency do; else all that one sector document lists; else all that return to one host by https. An
    app that returns to several hosts, to the device itself, or by a private scheme, which anybody may take, is a sector
    of its own.
    """
    if agency_id is not None:
        return f"agency:{agency_id}"
    if document is not None:
        return urlsplit(document).hostname or document
    hosts = {parts.hostname if parts.scheme == "https" else None for parts in map(urlsplit, redirect_uris)}
    shared = hosts.pop() if len(hosts) == 1 else None
    return f"app:{client_id}" if shared is None or is_loopback(shared) else shared


def sector_after(before: Mapping[Any, Any], values: Mapping[str, Any]) -> str:
    """The sector of an app after a change of its row's values. Raises :class:`BadMetadata`.

    An operator may move an app to another address and leave its subjects as they are. Whoever registered an app
    themselves has shown no right to the sector of another address.
    """
    document = values["extra"].get("sector_identifier_uri")
    same_document = document == before["extra"].get("sector_identifier_uri")
    same_addresses = values["redirect_uris"] == before["redirect_uris"]
    if same_document and (same_addresses or before["registration_digest"] is None):
        return str(before["sector"])
    sector = sector_of(before["id"], values["redirect_uris"], before["agency_id"], document)
    if sector != before["sector"] and execute(_KNOWN.where(Subject.sector == before["sector"])).first():
        raise BadMetadata("Residents are known to this app already: its sector cannot change.")
    return sector


def prove(document: str, redirect_uris: Sequence[str]) -> None:
    """Fetch a ``sector_identifier_uri``: a JSON array of texts that holds every redirect URI of the app.

    Call it before an app is registered or changed, outside the transaction. Raises :class:`BadMetadata`.
    """
    if in_transaction():
        raise RuntimeError("A sector document must be fetched before the transaction that rests on it.")
    if not set(redirect_uris) <= _listed(document):
        raise BadMetadata("The document at sector_identifier_uri must list every redirect URI.", about=document)


def _listed(document: str) -> set[str]:
    try:
        answer = fetch(document, accept=TYPE)
        listed = json.loads(answer.body) if answer.status == 200 and answer.content_type == TYPE else None
    except (FetchRefused, ValueError, RecursionError) as error:
        raise BadMetadata("The document at sector_identifier_uri cannot be fetched.", about=document) from error
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise BadMetadata("The document at sector_identifier_uri must be a JSON array of texts.", about=document)
    return set(listed)
