"""Token revocation (RFC 7009)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint

from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.tokens import service as tokens


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """An app revokes its own tokens; every other token is met with the same 200. A wrong hint changes nothing."""

    def create_endpoint_response(self, request: Message) -> tuple[int, Any, list[tuple[str, str]]]:
        client = self.authenticate_endpoint_client(request)
        if not request.form.get("token"):
            raise ProtocolError("invalid_request", "token is missing.")
        tokens.revoke_token(request.form["token"], client.id)
        return 200, "", []
