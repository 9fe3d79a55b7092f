"""Pushing security event tokens to apps (RFC 8935)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.clients import service as clients
from idp.kernel.fetch import Sent, fetch
from idp.keys.signing import signed
from idp.outbox.errors import NotDelivered
from idp.signals import tokens

MEDIA_TYPE = "application/secevent+jwt"
ACCEPTED = 202


def deliver(message: Mapping[str, Any]) -> None:
    """Post an app its token, signed anew for each try. Raises :class:`NotDelivered`, to be tried again.

    Even a 400 (section 2.3) may be a passing trouble of the app, such as a key set that it has not read again.
    """
    app = clients.live(message["client_id"])
    if app is None or app.metadata.event_delivery_uri is None:
        raise NotDelivered("the app takes no security events now")
    token = signed(tokens.claims_of(message), app.id_token_alg, tokens.TYPE)
    answer = fetch(app.metadata.event_delivery_uri, sent=Sent(MEDIA_TYPE, token.encode()))
    if answer.status != ACCEPTED:
        raise NotDelivered(f"the app answered {answer.status}")
