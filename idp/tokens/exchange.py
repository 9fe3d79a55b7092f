"""Token exchange (RFC 8693): an app passes a resident's token on to another agency's API, with less in it."""

from __future__ import annotations

from idp.audit.service import record
from idp.clients import subjects
from idp.clients.service import Client
from idp.kernel.db import transaction
from idp.kernel.registry import registry
from idp.tokens import service as tokens
from idp.tokens.events import GrantExchanged
from idp.tokens.facts import Bearer, Write
from idp.tokens.service import Issued


def exchange(
    presented: Bearer, api: Client, scopes: tuple[str, ...], *, confirmation: str | None, write: Write
) -> Issued:
    """Issue a token for ``api`` in the place of a token of an app's own, never for longer and never for more claims.

    It names the resident as the API's agency knows them, and the app as the actor. It ends with its family.
    """
    grant = presented.grant
    claims = registry().claims_of(scopes) & frozenset(grant.claims)
    with transaction():
        issued = tokens.issue_access(
            grant,
            scopes,
            audience=api.metadata.resource,
            confirmation=confirmation,
            subject=subjects.give(api, grant.account_id),
            claims=tuple(sorted(claims)),
            actor=grant.client_id,
            until=presented.expires_at,
            write=write,
        )
        record(
            GrantExchanged(family_id=grant.family_id, scopes=scopes, audience=api.metadata.resource or ""),
            account_id=grant.account_id,
            client_id=grant.client_id,
        )
    return issued
