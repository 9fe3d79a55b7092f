"""The grants of the token endpoint: thin adapters from Authlib to ``idp.tokens``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, BaseGrant, RefreshTokenGrant

from idp.clients.service import Client
from idp.oidc import access_token, dpop
from idp.oidc.binding import confirmation_of
from idp.oidc.checks import CHECKS
from idp.oidc.client_auth import METHODS
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty
from idp.tokens import codes, refreshing
from idp.tokens.errors import GrantRefused
from idp.tokens.facts import Grant, RedeemedCode


@dataclass(frozen=True, slots=True)
class SpentCode:
    """A redeemed code, in the words Authlib's grant asks with."""

    redeemed: RedeemedCode

    @property
    def challenge(self) -> str:
        return self.redeemed.challenge

    @property
    def key(self) -> str | None:
        """The confirmation that whoever redeems it must show, where the code is bound (RFC 9449 section 10)."""
        return dpop.confirmation_of_key(self.redeemed.dpop_jkt) if self.redeemed.dpop_jkt else None

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


class TokenGrant(BaseGrant):  # type: ignore[misc]
    """What every grant shares: who asks, what they hold, and how they are answered.

    ``confirmation`` is what the tokens will be bound to. It is looked at before anything is spent, so that a proof can
    be made anew when we ask for one with a nonce.
    """

    TOKEN_ENDPOINT_AUTH_METHODS = tuple(METHODS)

    request: Message
    confirmation: str | None = None

    def authenticate_token_endpoint_client(self) -> RelyingParty:
        client: RelyingParty = super().authenticate_token_endpoint_client()
        self.confirmation = confirmation_of(self.request, client.client)
        return client

    def answer(
        self, grant: Grant, scopes: tuple[str, ...], api: Client | None, refresh_token: str | None
    ) -> dict[str, Any]:
        """Issue an access token of a resident's grant, and answer with it (RFC 6749 section 5.1).

        One for an API has the scopes that mean something there; whether an ID token comes along depends on them all.
        """
        kept = scopes if api is None else access_token.scopes_at(api, scopes)
        issued = access_token.issue(self.request.client.client, grant, kept, api, confirmation=self.confirmation)
        self.request.credential = replace(grant, scopes=scopes)
        body = access_token.response(issued.access_token, issued.expires_in, kept, self.confirmation)
        return body | ({"refresh_token": refresh_token} if refresh_token else {})

    def save_token(self, token: dict[str, Any]) -> None:
        """Nothing left to do: tokens are kept as they are made."""


class CodeGrant(TokenGrant, AuthorizationCodeGrant):  # type: ignore[misc]
    """Authorization code (RFC 6749 section 4.1)."""

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
        if spent.key not in {None, self.confirmation}:
            raise ProtocolError("invalid_grant", "The code is bound to another key.")
        return spent

    def authenticate_user(self, authorization_code: SpentCode) -> Grant:
        self.request.credential = authorization_code.redeemed.grant
        return authorization_code.redeemed.grant

    def generate_token(self, user: Grant, scope: str, include_refresh_token: bool, **_: Any) -> dict[str, Any]:
        api = access_token.aimed_at(self.request, user)
        held = self.confirmation if self.request.client.client.native else None
        refresh_token = refreshing.open_family(user, with_refresh=include_refresh_token, confirmation=held)
        return self.answer(user, user.scopes, api, refresh_token)

    def delete_authorization_code(self, authorization_code: SpentCode) -> None:
        """Nothing left to do: the code was burnt first."""


class RefreshGrant(TokenGrant, RefreshTokenGrant):  # type: ignore[misc]
    """Refresh (RFC 6749 section 6). Tokens rotate (RFC 9700 section 4.14) unless they are of no use to a thief.

    They are of none where a confidential app must show a key of its own besides (decision 14).
    """

    def authenticate_refresh_token(self, refresh_token: str) -> SpentRefresh:
        client: RelyingParty = self.request.client
        self.demand_the_rest_before_spending(refresh_token, client)
        rotate = client.client.native or not client.client.policy.sender_constrained
        try:
            grant, successor = refreshing.refresh(
                refresh_token, client.id, rotate=rotate, confirmation=self.confirmation
            )
        except GrantRefused:
            raise ProtocolError("invalid_grant", "The refresh token is not valid.") from None
        if grant.offline and "offline_access" not in client.client.scopes:
            raise ProtocolError("invalid_grant", "The app may no longer act while the resident is away.")
        return SpentRefresh(grant, successor, client)

    def demand_the_rest_before_spending(self, refresh_token: str, client: RelyingParty) -> None:
        """Refuse what cannot be had while the token is still whole, so that asking wrongly costs nothing."""
        asked = self.request.get("scope") or self.request.get("resource")
        live = refreshing.live_refresh(refresh_token) if asked else None
        if live is not None and live.grant.client_id == client.id:
            self._validate_token_scope(SpentRefresh(live.grant, "", client))
            access_token.aimed_at(self.request, live.grant)

    def authenticate_user(self, refresh_token: SpentRefresh) -> Grant:
        self.request.credential = refresh_token.grant
        return refresh_token.grant

    def issue_token(self, user: Grant, refresh_token: SpentRefresh) -> dict[str, Any]:
        scopes = tuple(dict.fromkeys((self.request.get("scope") or refresh_token.get_scope()).split()))
        return self.answer(user, scopes, access_token.aimed_at(self.request, user), refresh_token.successor)

    def revoke_old_credential(self, refresh_token: SpentRefresh) -> None:
        """Nothing left to do: the old token was spent first."""
