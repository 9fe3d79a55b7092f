"""Sector documents: the proof that several addresses belong together (OpenID Connect Registration section 5)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from idp.clients.errors import BadMetadata
from idp.kernel import db
from idp.kernel.fetch import FetchRefused, fetch

TYPE = "application/json"


def prove(document: str, redirect_uris: Sequence[str]) -> None:
    """Fetch a ``sector_identifier_uri``: a JSON array of texts that holds every redirect URI of the app.

    Call it before an app is registered or changed, outside the transaction. Raises :class:`BadMetadata`.
    """
    if db.in_transaction():
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
