"""The code and refresh grants: thin adapters from Authlib to ``idp.tokens``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant

from idp.oidc.checks import CHECKS
from idp.oidc.client_auth import METHODS
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty
from idp.tokens import codes
from idp.tokens import service as tokens
from idp.tokens.errors import GrantRefused
from idp.tokens.facts import Grant, RedeemedCode


@dataclass(frozen=True, slots=True)
class SpentCode:
    """A redeemed code, in the words Authlib's grant asks with."""

    redeemed: RedeemedCode

    @property
    def challenge(self) -> str:
        return self.redeemed.challenge

    def get_redirect_uri(self) -> str:
        return self.redeemed.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.redeemed.grant.scopes)


@dataclass(frozen=True, slots=True)
class SpentRefresh:
    """A rotated refresh token, in the words Authlib's grant asks with."""

    grant: Grant
    successor: str
    client: RelyingParty

    def check_client(self, client: RelyingParty) -> bool:
        return self.grant.client_id == client.id

    def get_scope(self) -> str:
        """What was granted and is still registered for the app."""
        return self.client.get_allowed_scope(" ".join(self.grant.scopes))


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Authorization code (RFC 6749 section 4.1)."""

    TOKEN_ENDPOINT_AUTH_METHODS = tuple(METHODS)

    request: Message

    @staticmethod
    def validate_no_multiple_request_parameter(request: Message) -> None:
        """All checks that need no app run here, in order, before Authlib's own."""
        for check in CHECKS:
            check(request)

    def validate_requested_scope(self) -> None:
        """Unknown scopes are ignored, not refused (OIDC Core section 3.1.2.1)."""

    def query_authorization_code(self, code: str, client: RelyingParty) -> SpentCode:
        """Burn the code before anything else is looked at. Its return address must still be registered."""
        try:
            spent = SpentCode(codes.redeem(code, client.id))
        except GrantRefused:
            raise ProtocolError("invalid_grant", "The code is not valid.") from None
        if not client.check_redirect_uri(spent.get_redirect_uri()):
            raise ProtocolError("invalid_grant", "The code is not valid.")
        return spent

    def authenticate_user(self, authorization_code: SpentCode) -> Grant:
        self.request.credential = authorization_code.redeemed.grant
        return authorization_code.redeemed.grant

    def generate_token(self, user: Grant, scope: str, include_refresh_token: bool, **_: Any) -> dict[str, Any]:
        issued = tokens.open_family(user, with_refresh=include_refresh_token)
        return answer(issued, scope, issued.refresh_token)

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing left to do: tokens are kept as they are made."""

    def delete_authorization_code(self, authorization_code: SpentCode) -> None:
        """Nothing left to do: the code was burnt first."""


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """Refresh with rotation (RFC 6749 section 6, RFC 9700 section 4.14)."""

    TOKEN_ENDPOINT_AUTH_METHODS = tuple(METHODS)

    request: Message

    def authenticate_refresh_token(self, refresh_token: str) -> SpentRefresh:
        client = self.request.client
        self.demand_scope_before_spending(refresh_token, client)
        try:
            grant, successor = tokens.refresh(refresh_token, client.id)
        except GrantRefused:
            raise ProtocolError("invalid_grant", "The refresh token is not valid.") from None
        return SpentRefresh(grant, successor, client)

    def demand_scope_before_spending(self, refresh_token: str, client: RelyingParty) -> None:
        """Refuse a scope that cannot be had while the token is still whole, so that asking wrongly costs nothing."""
        live = tokens.live_refresh(refresh_token) if self.request.get("scope") else None
        if live is not None and live.grant.client_id == client.id:
            self._validate_token_scope(SpentRefresh(live.grant, "", client))

    def authenticate_user(self, refresh_token: SpentRefresh) -> Grant:
        self.request.credential = refresh_token.grant
        return refresh_token.grant

    def issue_token(self, user: Grant, refresh_token: SpentRefresh) -> dict[str, Any]:
        scopes = tuple(dict.fromkeys((self.request.get("scope") or refresh_token.get_scope()).split()))
        return answer(tokens.issue_access(user, scopes), " ".join(scopes), refresh_token.successor)

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing left to do: tokens are kept as they are made."""

    def revoke_old_credential(self, refresh_token: SpentRefresh) -> None:
        """Nothing left to do: the old token was spent first."""


def answer(issued: tokens.Issued, scope: str, refresh_token: str | None) -> dict[str, Any]:
    """A token response (RFC 6749 section 5.1)."""
    body = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": scope,
    }
    return body | ({"refresh_token": refresh_token} if refresh_token else {})
