"""Registration by apps themselves, as Authlib's endpoints walk through it (RFC 7591, RFC 7592)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint
from flask import Request, url_for

from idp.clients import document, registration, statements
from idp.clients.errors import BadMetadata
from idp.clients.registration import NoRight, Registered
from idp.clients.service import Client
from idp.kernel.db import transaction
from idp.kernel.settings import settings
from idp.oidc.errors import ProtocolError
from idp.oidc.relying_party import RelyingParty
from idp.tokens import service as tokens

LARGEST = 64 * 1024
BAD_METADATA = "invalid_client_metadata"
Pairs = list[tuple[str, Any]]


class BadToken(ProtocolError):
    """The one answer to a token that opens nothing (RFC 6750 section 3.1)."""

    def __init__(self) -> None:
        super().__init__("invalid_token", "This needs a valid token.", 401)

    def get_headers(self) -> list[tuple[str, str]]:
        challenge = 'Bearer realm="beacon", error="invalid_token"'
        return [(name, challenge if name == "WWW-Authenticate" else value) for name, value in super().get_headers()]


class Sent:
    """A JSON object that an app sent, read when it is first asked for."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @cached_property
    def data(self) -> dict[str, Any]:
        """The object: small, without doubled members, and text throughout."""
        if len(self._raw) > LARGEST:
            raise ProtocolError(BAD_METADATA, "The document is too large.", 413)
        try:
            data = json.loads(self._raw, object_pairs_hook=_without_doubles, parse_constant=_no_number)
            text = json.dumps(data, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise ProtocolError(BAD_METADATA, "Send one plain JSON object, each member once.") from None
        if not isinstance(data, dict) or b"\\u0000" in text:
            raise ProtocolError(BAD_METADATA, "Send one plain JSON object, each member once.")
        return data


class RegistrationMessage:
    """A request to one of the two endpoints. ``client_id`` is that of its address, if it has one."""

    def __init__(self, request: Request, client_id: str = "") -> None:
        self.method = request.method
        self.client_id = client_id
        self.payload = Sent(request.get_data())
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        self.token = token.strip() if scheme.lower() == "bearer" else ""
        self.credential: Any = None
        self.client: Any = None


class Registration(ClientRegistrationEndpoint):  # type: ignore[misc]
    """RFC 7591. Our own service looks at the metadata: by one table, for operators and apps alike."""

    def __call__(self, request: RegistrationMessage) -> Any:
        return _told(lambda: super(Registration, self).__call__(request))

    def create_endpoint_request(self, request: RegistrationMessage) -> RegistrationMessage:
        return request

    def authenticate_token(self, request: RegistrationMessage) -> str:
        """Look at the token, before anything is fetched for its bearer. It is spent with the registration."""
        if settings().registration == "token" and not registration.is_live(request.token):
            raise BadToken
        return request.token or "anybody"

    def extract_client_metadata(self, request: RegistrationMessage) -> dict[str, Any]:
        """What is answered as it was sent. The rest of the answer is what was stored."""
        return {name: value for name, value in request.payload.data.items() if name == "software_statement" and value}

    def generate_client_info(self, request: RegistrationMessage) -> dict[str, Any]:
        """Nothing yet: the service makes id and secret."""
        return {}

    def save_client(self, _info: object, _metadata: object, request: RegistrationMessage) -> Registered:
        initial = request.token if settings().registration == "token" else None
        return registration.register(statements.applied(request.payload.data), initial_token=initial)

    def generate_client_registration_info(self, client: Registered, request: RegistrationMessage) -> dict[str, Any]:
        secret = {"client_secret": client.secret, "client_secret_expires_at": 0} if client.secret else {}
        return _facts(client.client, client.access_token) | secret


@dataclass(frozen=True, slots=True)
class Manager:
    """Whoever holds an app's registration access token."""

    app: RelyingParty

    def check_client(self, client: RelyingParty) -> bool:
        return client is self.app


class Configuration(ClientConfigurationEndpoint):  # type: ignore[misc]
    """RFC 7592. The token and the address must belong together; nothing is said of an app to anybody else."""

    def __call__(self, request: RegistrationMessage) -> Any:
        return _told(lambda: super(Configuration, self).__call__(request))

    def create_endpoint_request(self, request: RegistrationMessage) -> RegistrationMessage:
        return request

    def authenticate_token(self, request: RegistrationMessage) -> Manager:
        if (client := registration.holder(request.client_id, request.token)) is None:
            raise BadToken
        return Manager(RelyingParty(client))

    def authenticate_client(self, request: RegistrationMessage) -> Any:
        return request.credential.app

    def check_permission(self, client: RelyingParty, request: RegistrationMessage) -> bool:
        return True

    def create_update_client_response(self, client: RelyingParty, request: RegistrationMessage) -> Any:
        if not isinstance(request.payload.data.get("client_secret", ""), str):
            raise ProtocolError(BAD_METADATA, "client_secret must be the present one.")
        return super().create_update_client_response(client, request)

    def extract_client_metadata(self, request: RegistrationMessage) -> dict[str, Any]:
        return statements.applied(request.payload.data)

    def update_client(
        self, client: RelyingParty, client_metadata: dict[str, Any], request: RegistrationMessage
    ) -> RelyingParty:
        return RelyingParty(registration.replace(client.client, client_metadata))

    def delete_client(self, client: RelyingParty, request: RegistrationMessage) -> None:
        with transaction():
            registration.remove(client.client)
            tokens.revoke_of_client(client.id)

    def introspect_client(self, client: RelyingParty) -> dict[str, Any]:
        return document.shown(client.client)

    def generate_client_registration_info(self, client: RelyingParty, request: RegistrationMessage) -> dict[str, Any]:
        return _facts(client.client, request.token)


def _facts(client: Client, access_token: str) -> dict[str, Any]:
    """RFC 7591 section 3.2.1, RFC 7592 section 3."""
    return document.shown(client) | {
        "client_id": client.id,
        "client_id_issued_at": client.created_at,
        "registration_client_uri": settings().issuer + url_for("oidc.registration", client_id=client.id),
        "registration_access_token": access_token,
    }


def _told(endpoint: Callable[[], Any]) -> Any:
    """An endpoint's answer, with refusals of the services as protocol errors. They never echo what was sent."""
    try:
        return endpoint()
    except BadMetadata as error:
        raise ProtocolError(error.code, error.rule) from None
    except NoRight:
        raise BadToken from None


def _without_doubles(pairs: Pairs) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _no_number(_text: str) -> None:
    raise ValueError
