"""The grants of apps that act by themselves or pass something on: client credentials and token exchange."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749.grants import TokenEndpointMixin

from idp.clients import apis
from idp.clients import service as clients
from idp.clients.service import Client
from idp.clients.vocabulary import CLIENT_CREDENTIALS, EXCHANGE
from idp.oidc.access_token import api_at, resource_of, response, scopes_at, writer
from idp.oidc.errors import ProtocolError
from idp.oidc.grants import TokenGrant
from idp.tokens import machine
from idp.tokens import service as tokens
from idp.tokens.exchange import exchange
from idp.tokens.facts import Bearer

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

Answer = tuple[int, dict[str, Any], Any]


class ConfidentialGrant(TokenGrant, TokenEndpointMixin):  # type: ignore[misc]
    """A grant that rests on the proof of the app, so a public client cannot have it."""

    def validate_token_request(self) -> None:
        """Authenticate the app, and see that it registered this grant."""
        self.request.client = self.authenticate_token_endpoint_client()
        if self.app.native or not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise ProtocolError("unauthorized_client", "This app may not use this grant type.")

    @property
    def app(self) -> Client:
        """The app that asks."""
        return self.request.client.client  # type: ignore[no-any-return]

    @property
    def asked(self) -> tuple[str, ...]:
        """The scopes it asks for."""
        return self.request.words("scope")

    def within(self, allowed: tuple[str, ...]) -> None:
        """Refuse a scope that cannot be had (RFC 6749 section 5.2)."""
        if not set(self.asked) <= set(allowed):
            raise ProtocolError("invalid_scope", "A scope is not one that this app may have here.")


class ClientCredentialsGrant(ConfidentialGrant):
    """An app's own token for an API (RFC 6749 section 4.4). No resident is behind it, so it reads nothing of one."""

    GRANT_TYPE = CLIENT_CREDENTIALS

    def create_token_response(self) -> Answer:
        api = self.api()
        allowed = scopes_at(api, self.app.scopes) if api is not None else ()
        self.within(allowed)
        if api is not None and not allowed:
            raise ProtocolError("invalid_target", "This app has no scope of this resource.")
        scopes = self.asked or allowed
        text = machine.issue(
            self.app.id,
            scopes,
            audience=api.metadata.resource if api is not None else None,
            confirmation=self.confirmation,
            write=writer(api or self.app),
        )
        return 200, response(text, machine.LIFETIME, scopes, self.confirmation), self.TOKEN_RESPONSE_HEADER

    def api(self) -> Client | None:
        """The API that is named as the resource, or else the one that knows all the scopes."""
        if (resource := resource_of(self.request)) is not None:
            return api_at(resource)
        knows = (api.resource for api in apis.every() if self.asked and set(self.asked) <= set(api.scopes))
        named = next(knows, None)
        return api_at(named) if named is not None else None


class ExchangeGrant(ConfidentialGrant):
    """An app passes its resident's token on to an API of another agency (RFC 8693)."""

    GRANT_TYPE = EXCHANGE

    def create_token_response(self) -> Answer:
        self.demand_kinds()
        presented, api = self.presented(), self.api()
        there = scopes_at(api, tuple(scope for scope in presented.grant.scopes if scope in self.app.scopes))
        if not there:
            raise ProtocolError("invalid_target", "The resident did not let this app use this resource.")
        self.within((*presented.scopes, *there))
        scopes = self.asked or there
        issued = exchange(presented, api, scopes, confirmation=self.confirmation, write=writer(api))
        body = response(issued.access_token, issued.expires_in, scopes, self.confirmation)
        return 200, body | {"issued_token_type": ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER

    def demand_kinds(self) -> None:
        """Only access tokens are exchanged, for access tokens, and the app itself is the actor (section 2.1)."""
        message = self.request
        if message.get("subject_token_type") != ACCESS_TOKEN:
            raise ProtocolError("invalid_request", "Only an access token can be exchanged.")
        if message.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise ProtocolError("invalid_request", "A token can be exchanged for an access token only.")
        if message.get("actor_token") or message.get("actor_token_type"):
            raise ProtocolError("invalid_request", "An actor token is not supported: the app itself is the actor.")

    def presented(self) -> Bearer:
        """The subject token: this app's own, not yet aimed at any API, held by the same key that it is bound to."""
        bearer = tokens.bearer(self.request.get("subject_token"))
        mine = bearer is not None and bearer.grant.client_id == self.app.id and bearer.audience is None
        if bearer is None or not mine or bearer.confirmation not in {None, self.confirmation}:
            raise ProtocolError("invalid_request", "The subject token is not valid.")
        return bearer

    def api(self) -> Client:
        """The API that ``resource``, ``audience`` or both name, if the app may pass tokens on to it."""
        audience = self.request.get("audience")
        by_id = clients.find(audience)
        named = {resource_of(self.request), (by_id.metadata.resource if by_id is not None else None) or audience}
        named -= {None, ""}
        if len(named) != 1 or not named <= set(self.app.metadata.token_exchange_resources):
            raise ProtocolError("invalid_target", "This app may not pass tokens on to this resource.")
        return api_at(str(named.pop()))
