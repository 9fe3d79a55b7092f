"""Token introspection (RFC 7662)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from idp.kernel.settings import settings
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty
from idp.tokens import service as tokens
from idp.tokens.facts import Bearer, LiveRefresh

INACTIVE = {"active": False}


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """An app asks about its own tokens. Whatever else it asks about is inactive, and nothing more is said."""

    def create_endpoint_response(self, request: Message) -> tuple[int, Any, list[tuple[str, str]]]:
        client = self.authenticate_endpoint_client(request)
        if client.client.native:
            raise ProtocolError("unauthorized_client", "Only a confidential client may introspect.", 403)
        text = request.form.get("token", "")
        if not text:
            raise ProtocolError("invalid_request", "token is missing.")
        return 200, self.describe(text, client), []

    def describe(self, text: str, client: RelyingParty) -> dict[str, Any]:
        """What the app may know of a token."""
        found: Bearer | LiveRefresh | None = tokens.bearer(text) or tokens.live_refresh(text)
        if found is None or found.grant.client_id != client.id:
            return INACTIVE
        scopes = found.scopes if isinstance(found, Bearer) else found.grant.scopes
        facts = {
            "active": True,
            "iss": settings().issuer,
            "client_id": client.id,
            "sub": found.grant.subject,
            "aud": client.id,
            "scope": " ".join(scopes),
            "iat": found.issued_at,
            "exp": found.expires_at,
            "auth_time": found.grant.auth_time,
            "acr": found.grant.acr,
        }
        return facts | ({"token_type": "Bearer"} if isinstance(found, Bearer) else {})
