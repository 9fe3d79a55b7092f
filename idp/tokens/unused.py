"""Apps that registered themselves and that nobody ever signed in to: their registrations end after a month."""

from __future__ import annotations

from sqlalchemy import String, select, type_coerce

from idp.clients import registration
from idp.clients.models import ClientRow
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.db import transaction
from idp.tokens.families import KEPT_AFTER_END
from idp.tokens.models import TokenFamily

AFTER = 30 * DAY

_USED = select(TokenFamily.id).where(TokenFamily.client_id == ClientRow.id).exists()
_BY_OPERATOR = (
    type_coerce(ClientRow.grants, String).contains("client_credentials"),
    ClientRow.extra["resource"].as_string().is_not(None),
)
"""An app that calls for itself, or serves an API, needs nobody to sign in. Only an operator can have let it."""


def sweep(limit: int) -> int:
    """End the registrations of apps that are a month old and never had a token family.

    An app is looked at while its very first family would still be kept, so that one which is used once a year stays.
    """
    now = clock.now()
    of_age = (ClientRow.created_at <= now - AFTER, ClientRow.created_at > now - KEPT_AFTER_END)
    own = (ClientRow.registration_digest.is_not(None), ClientRow.disabled_at.is_(None))
    unused = select(ClientRow.id).where(*of_age, *own, ~_USED, *(~one for one in _BY_OPERATOR)).limit(limit)
    with transaction() as connection:
        return sum(registration.end(client_id) for client_id in connection.execute(unused).scalars().all())
