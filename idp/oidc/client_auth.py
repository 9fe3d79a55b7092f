"""How an app proves itself: by the one method it registered (RFC 6749 section 2.3, RFC 7523, RFC 8705, OIDC Core 9)."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion

from idp.clients import assertions
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.settings import settings
from idp.kernel.signatures import moment
from idp.oidc import client_certificate
from idp.oidc.client_signature import signed_by
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty

LEEWAY = 30
LONGEST_LIFE = 10 * MINUTE
LONGEST_ASSERTION = 8192
LONGEST_JTI = 256

Find = Callable[[str], RelyingParty | None]


class PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc]
    """``private_key_jwt`` (RFC 7523 section 3): asymmetric algorithms only, our audience, a ``jti`` that works once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, message: Message) -> None:
        super().__init__(leeway=LEEWAY)
        self.message = message

    @property
    def client(self) -> Client:
        """The app that the assertion names."""
        return self.message.client.client  # type: ignore[no-any-return]

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        if len(assertion) > LONGEST_ASSERTION:
            raise invalid_client()
        try:
            return super().extract_assertion(assertion)  # type: ignore[no-any-return]
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise invalid_client() from None

    def resolve_client_public_key(self, client: RelyingParty) -> None:
        """Nothing for Authlib to try: which keys count is settled with the signature."""

    def process_assertion_claims(self, assertion: str, resolve_key: None) -> dict[str, Any]:
        header, _ = self.extract_assertion(assertion)
        if "crit" in header:  # no extension is understood here (RFC 7515 section 4.1.11)
            raise invalid_client()
        claims = signed_by(self.client, assertion, header, self.client.metadata.token_endpoint_auth_signing_alg)
        if claims is None:
            raise invalid_client()
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        now = clock.now()
        try:
            expires, issued, begins = (moment(claims, name) for name in ("exp", "iat", "nbf"))
        except ValueError:
            raise invalid_client() from None
        if expires is None or expires <= now - LEEWAY or expires > now + LONGEST_LIFE + LEEWAY:
            raise invalid_client()
        if max(issued or 0, begins or 0) > now + LEEWAY:
            raise invalid_client()
        if claims.get("iss") != claims.get("sub") or not self.meant_for_us(claims.get("aud")):
            raise invalid_client()
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
            raise invalid_client()
        if not assertions.spend(claims["sub"], jti, math.ceil(expires) + LEEWAY):
            raise invalid_client()

    def meant_for_us(self, audience: object) -> bool:
        """Whether an assertion is addressed as the app's profile demands."""
        if self.client.policy.audience == "issuer":
            return audience == settings().issuer
        values = audience if isinstance(audience, list) else [audience]
        return any(isinstance(value, str) and value in self.get_audiences() for value in values)

    def get_audiences(self) -> list[str]:
        """The issuer; and the endpoint itself and the token endpoint, which plain OpenID Connect apps still send."""
        endpoints = (origin + path for origin in settings().origins for path in (self.message.path, "/token"))
        return [settings().issuer, *endpoints]


def secret_basic(find: Find, message: Message) -> RelyingParty | None:
    """``client_secret_basic`` (RFC 6749 section 2.3.1)."""
    client_id, secret = basic_credentials(message)
    return _with_secret(find(client_id), secret) if message.get("client_id", client_id) == client_id else None


def basic_credentials(message: Message) -> tuple[str, str]:
    """The two parts of a Basic header, form-decoded after base64; empty where it cannot be read."""
    _, _, encoded = message.headers.get("Authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def secret_post(find: Find, message: Message) -> RelyingParty | None:
    """``client_secret_post``."""
    return _with_secret(find(message.get("client_id")), message.get("client_secret"))


def public(find: Find, message: Message) -> RelyingParty | None:
    """``none``: a public client names itself; PKCE protects its codes."""
    return find(message.get("client_id"))


def assertion(find: Find, message: Message) -> RelyingParty | None:
    """``private_key_jwt``; a ``client_id`` beside it must be the same client."""
    try:
        client: RelyingParty | None = PrivateKeyJwt(message)(find, message)
    except InvalidClientError:
        return None
    return client if client is None or message.get("client_id", client.id) == client.id else None


def by_certificate(find: Find, message: Message) -> RelyingParty | None:
    """``tls_client_auth`` and ``self_signed_tls_client_auth``: the app names itself, its certificate proves it."""
    client = find(message.get("client_id"))
    return client if client is not None and client_certificate.belongs_to(client.client) else None


METHODS: dict[str, Callable[[Find, Message], RelyingParty | None]] = {
    "client_secret_basic": secret_basic,
    "client_secret_post": secret_post,
    "private_key_jwt": assertion,
    "tls_client_auth": by_certificate,
    "self_signed_tls_client_auth": by_certificate,
    "none": public,
}


def presented_method(find: Find, message: Message) -> str:
    """The one method a request presents. Raises when it presents two (RFC 6749 section 2.3).

    A certificate is no method beside others, since it may bind tokens too; where nothing else is presented, the app
    that names itself says whether its certificate is needed.
    """
    presented = []
    if message.headers.get("Authorization", "").lower().startswith("basic"):
        presented.append("client_secret_basic")
    if "client_secret" in message.form:
        presented.append("client_secret_post")
    if "client_assertion" in message.form or "client_assertion_type" in message.form:
        presented.append("private_key_jwt")
    if len(presented) > 1:
        raise ProtocolError("invalid_request", "Use one way of client authentication.")
    if presented:
        return presented[0]
    named = find(message.get("client_id"))
    return named.client.auth_method if named and METHODS[named.client.auth_method] is by_certificate else "none"


def authenticate(find: Find, message: Message) -> RelyingParty:
    """The app behind a request, authenticated by exactly the method it registered. Raises ``invalid_client``."""
    method = presented_method(find, message)
    client = METHODS[method](find, message)
    if client is None or not client.check_endpoint_auth_method(method, "token"):
        raise invalid_client(basic=method == "client_secret_basic")
    message.auth_method = method
    return client


def invalid_client(*, basic: bool = False) -> ProtocolError:
    """The one answer to every failed client authentication; 401 when the Authorization header was used."""
    return ProtocolError("invalid_client", "Client authentication failed.", 401 if basic else 400)


def _with_secret(client: RelyingParty | None, secret: str) -> RelyingParty | None:
    return client if client is not None and client.check_client_secret(secret) else None
