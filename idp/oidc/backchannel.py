"""Telling an app that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.clients import service as clients
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import new_id
from idp.kernel.fetch import fetch
from idp.kernel.settings import settings
from idp.oidc import jose
from idp.outbox.errors import NotDelivered

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"
LIFETIME = 2 * MINUTE
DELIVERED = (200, 204)


def deliver(message: Mapping[str, Any]) -> None:
    """Post a logout token to an app, made anew for each try. Raises :class:`NotDelivered`, to be tried again.

    Even a 400 may be a passing trouble of the app, such as a key set that it has not read again.
    """
    app = clients.live(message["client_id"])
    if app is None or app.metadata.backchannel_logout_uri is None:
        raise NotDelivered("the app takes no logout tokens now")
    token = jose.signed(logout_claims(app.id, message["sub"], message["sid"]), app.id_token_alg, TYPE)
    answer = fetch(app.metadata.backchannel_logout_uri, form={"logout_token": token})
    if answer.status not in DELIVERED:
        raise NotDelivered(f"the app answered {answer.status}")


def logout_claims(client_id: str, sub: str, sid: str) -> dict[str, Any]:
    """What a logout token says (section 2.4): never a nonce, so that it cannot be taken for an ID token."""
    now = clock.now()
    return {
        "iss": settings().issuer,
        "aud": client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": new_id(),
        "events": {EVENT: {}},
        "sub": sub,
        "sid": sid,
    }
