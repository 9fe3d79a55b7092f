"""Token introspection (RFC 7662), plain or signed (RFC 9701)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from idp.clients import subjects
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.settings import settings
from idp.oidc import jose
from idp.oidc.access_token import described, of_resident
from idp.oidc.binding import token_type
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty
from idp.tokens import machine, refreshing
from idp.tokens import service as tokens
from idp.tokens.facts import Bearer, LiveRefresh
from idp.tokens.machine import MachineToken

INACTIVE = {"active": False}
JWT = "token-introspection+jwt"
DEFAULT_ALG = "RS256"
"""RFC 9701 section 6. Where the asker's profile is stricter, its ID token's algorithm takes the place."""


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """An app asks about its own tokens and those for its API. Anything else is inactive, and nothing more is said."""

    def create_endpoint_response(self, request: Message) -> tuple[int, Any, list[tuple[str, str]]]:
        asker = self.authenticate_endpoint_client(request).client
        if asker.native:
            raise ProtocolError("unauthorized_client", "Only a confidential client may introspect.", 403)
        text = request.form.get("token", "")
        if not text:
            raise ProtocolError("invalid_request", "token is missing.")
        facts = describe(text, asker)
        if not wants_signed(request):
            return 200, facts, []
        return 200, signed(facts, asker), [("Content-Type", f"application/{JWT}")]

    def authenticate_endpoint_client(self, request: Message) -> RelyingParty:
        """Whoever proves nothing gets 401, however they tried (RFC 7662 section 2.3)."""
        try:
            return super().authenticate_endpoint_client(request)  # type: ignore[no-any-return]
        except ProtocolError as error:
            if error.error != "invalid_client":
                raise
            raise ProtocolError("invalid_client", error.description, 401) from None


def describe(text: str, asker: Client) -> dict[str, Any]:
    """What this app may know of a token."""
    if (bearer := tokens.bearer(text)) is not None:
        return _of_bearer(bearer, asker)
    if (own := machine.find(text)) is not None:
        return _active(own) if own.client_id == asker.id or _is_for(asker, own) else INACTIVE
    refresh = refreshing.live_refresh(text)
    return _of_refresh(refresh) if refresh is not None and refresh.grant.client_id == asker.id else INACTIVE


def signed(facts: dict[str, Any], asker: Client) -> str:
    """The answer as a JWT that its asker can keep as evidence (RFC 9701 section 5)."""
    claims = {"iss": settings().issuer, "aud": asker.id, "iat": clock.now(), "token_introspection": facts}
    usual = DEFAULT_ALG if DEFAULT_ALG in asker.policy.signing_algs else asker.id_token_alg
    return jose.signed(claims, asker.metadata.introspection_signed_response_alg or usual, JWT)


def wants_signed(request: Message) -> bool:
    """Whether the asker prefers a signed answer (RFC 9701 section 4)."""
    accepted = parse_accept_header(request.headers.get("Accept"), MIMEAccept)
    return accepted.best_match(("application/json", f"application/{JWT}")) == f"application/{JWT}"


def _of_bearer(bearer: Bearer, asker: Client) -> dict[str, Any]:
    if _is_for(asker, bearer):
        return _active(bearer)
    if bearer.grant.client_id != asker.id:
        return INACTIVE
    if bearer.audience is None:
        return _active(bearer)
    return _active(bearer) | {"sub": subjects.give(asker, bearer.grant.account_id)}


def _is_for(asker: Client, token: Bearer | MachineToken) -> bool:
    return token.audience is not None and token.audience == asker.metadata.resource


def _active(token: Bearer | MachineToken) -> dict[str, Any]:
    return {"active": True} | described(token) | {"token_type": token_type(token.confirmation)}


def _of_refresh(found: LiveRefresh) -> dict[str, Any]:
    return {
        "active": True,
        "iss": settings().issuer,
        "aud": settings().issuer,
        "scope": " ".join(found.grant.scopes),
        "iat": found.issued_at,
        "exp": found.expires_at,
    } | of_resident(found.grant)
