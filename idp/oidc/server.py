"""The authorization server: every grant and endpoint, registered in one visible list."""

from __future__ import annotations

import json
from typing import Any

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Flask, Request, Response, current_app
from flask import request as flask_request

from idp.clients import published
from idp.oidc import client_auth, relying_party
from idp.oidc.device_grant import DeviceAuthorization, DeviceGrant
from idp.oidc.end_session import EndSession
from idp.oidc.errors import ProtocolError
from idp.oidc.grants import CodeGrant, RefreshGrant
from idp.oidc.id_token import IdToken
from idp.oidc.introspection import Introspection
from idp.oidc.machine_grants import ClientCredentialsGrant, ExchangeGrant
from idp.oidc.message import Message
from idp.oidc.pkce import Pkce
from idp.oidc.registration import Configuration, Registration
from idp.oidc.relying_party import RelyingParty
from idp.oidc.revocation import Revocation

KEY = "beacon.oidc"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class BeaconServer(AuthorizationServer):  # type: ignore[misc]
    """Authlib's engine with Beacon's messages, client authentication and answers."""

    def create_oauth2_request(self, request: Message | Request | None) -> Message:
        return request if isinstance(request, Message) else Message.received(flask_request)

    def query_client(self, client_id: str) -> RelyingParty | None:
        return relying_party.find(client_id)

    def authenticate_client(self, request: Message, methods: object, endpoint: str = "token") -> RelyingParty:
        if request.recognised is None:
            self.recognise(request)
        if isinstance(request.recognised, OAuth2Error):
            raise request.recognised
        return request.recognised  # type: ignore[no-any-return]

    def recognise(self, message: Message) -> None:
        """Find out which app sent a message, once. Nothing is refused before the endpoint asks who it is.

        A view that opens a transaction does this first: keys may have to be fetched, and an assertion that was used
        stays used whatever becomes of the rest.
        """
        try:
            demand_clean(message)
            client = client_auth.authenticate(self.query_client, message)
            published.keys_of(client.client)  # ready, in case that an answer is encrypted to them
        except OAuth2Error as refusal:
            message.recognised = refusal
        else:
            message.recognised = client

    def get_authorization_grant(self, request: Message) -> Any:
        """The code grant, or an error whose sentence does not echo the request."""
        response_type = request.get("response_type")
        if not response_type:
            raise ProtocolError("invalid_request", "response_type is missing.")
        if response_type != "code":
            raise ProtocolError("unsupported_response_type", "Only response_type=code is supported.")
        return super().get_authorization_grant(request)

    def get_token_grant(self, request: Message) -> Any:
        if not request.get("grant_type"):
            raise ProtocolError("invalid_request", "grant_type is missing.")
        if not any(request.get("grant_type") == grant.GRANT_TYPE for grant, _ in self._token_grants):
            raise ProtocolError("unsupported_grant_type", "This grant type is not supported.")
        return super().get_token_grant(request)

    def create_token_response(self, request: Message | None = None) -> Response:
        message = self.create_oauth2_request(request)
        try:
            grant = self.get_token_grant(message)
            grant.validate_token_request()
            status, body, headers = grant.create_token_response()
        except OAuth2Error as error:
            status, body, headers = error()
        return self.handle_response(status, body, headers)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        text = json.dumps(body, separators=(",", ":")) if isinstance(body, dict) else body
        response = Response(text, status=status, headers=dict(headers) | NO_STORE)
        if isinstance(body, dict):
            response.content_type = "application/json"
        return response

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Rooms hear of deeds through events, not signals."""


def demand_clean(message: Message) -> None:
    """Refuse doubled or unprintable parameters at a machine endpoint."""
    if message.payload.duplicates or message.payload.unprintable:
        raise ProtocolError("invalid_request", "A parameter is repeated or holds characters that are not allowed.")


def start(app: Flask) -> None:
    """Build the server of one app."""
    server = BeaconServer()
    server.register_grant(CodeGrant, [Pkce(), IdToken()])
    server.register_grant(RefreshGrant, [IdToken()])
    server.register_grant(ClientCredentialsGrant)
    server.register_grant(ExchangeGrant)
    server.register_grant(DeviceGrant, [IdToken()])
    server.register_endpoint(Revocation)
    server.register_endpoint(Introspection)
    server.register_endpoint(EndSession)
    server.register_endpoint(Registration)
    server.register_endpoint(Configuration)
    server.register_endpoint(DeviceAuthorization)
    app.extensions[KEY] = server


def server() -> BeaconServer:
    """The server of the running app."""
    return current_app.extensions[KEY]  # type: ignore[no-any-return]
