"""The ID token: minimal, signed with the one active key of the app's algorithm (OIDC Core section 2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.grants.util import create_half_hash
from joserfc import jwt

from idp.accounts.service import resident
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import new_id
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.kernel.signatures import UNREADABLE
from idp.keys import service as keys
from idp.oidc import claims_request, jose
from idp.oidc.message import Message
from idp.tokens.facts import Grant
from idp.tokens.visits import sid_for

LIFETIME = 5 * MINUTE
LONGEST_HINT = 16384


class IdToken(OpenIDCode):  # type: ignore[misc]
    """Adds an ID token to the token response of an OpenID request."""

    def exists_nonce(self, nonce: str, request: Message) -> bool:
        """A nonce is the app's own check; it is echoed, not judged."""
        return False

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self.process_token)

    def process_token(self, grant: Any, response: tuple[int, dict[str, Any], Any]) -> None:
        """With an ID token where ``openid`` was asked for, whatever the access token beside it is for."""
        if "openid" in grant.request.credential.scopes:
            response[1]["id_token"] = self.encode_id_token(response[1], grant.request)

    def encode_id_token(self, token: dict[str, Any], request: Message) -> str:
        """Signed with the algorithm that the app registered, and encrypted where it registered that, too."""
        client: Client = request.client.client
        claims = asked_claims(request.credential) | self.get_compatible_claims(request)
        if request.authorization_code:
            claims |= self.get_authorization_code_claims(request.authorization_code)
        claims["at_hash"] = create_half_hash(token["access_token"], client.id_token_alg).decode()
        text = jose.signed(claims, client.id_token_alg)
        to_whom, how = client.metadata.id_token_encrypted_response_alg, client.metadata.id_token_encrypted_response_enc
        return jose.encrypted(text, client, to_whom, how) if to_whom else text

    def get_compatible_claims(self, request: Message) -> dict[str, Any]:
        grant: Grant = request.credential
        now = clock.now()
        return {
            "iss": settings().issuer,
            "sub": grant.subject,
            "aud": grant.client_id,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": new_id(),
            "auth_time": grant.auth_time,
            "acr": grant.acr,
            "amr": list(grant.amr),
            "sid": sid_for(grant.session_id, grant.client_id),
        }

    def get_authorization_code_claims(self, authorization_code: Any) -> dict[str, Any]:
        nonce = authorization_code.redeemed.nonce
        return {"nonce": nonce} if nonce else {}


def asked_claims(grant: Grant) -> dict[str, Any]:
    """The personal claims that the app asked to have in the ID token itself, of those that the resident agreed to
    (OIDC Core section 5.5). All others are read at userinfo."""
    asked = claims_request.open_asked(grant.asked).id_token
    names = frozenset(asked) & frozenset(grant.claims)
    if not names:
        return {}
    who = replace(resident(grant.account_id, grant.client_id), acr=grant.acr)
    return claims_request.held(asked, registry().read_claims(who, names))


def read_hint(text: str) -> dict[str, Any] | None:
    """The claims of an ID token that Beacon signed, however old. None for anything else (OIDC Core section 3.1.2.1)."""
    if not 0 < len(text) <= LONGEST_HINT or text.count(".") != 2:  # an encrypted one is for the app's eyes
        return None
    try:
        hint = jwt.decode(text, keys.verification_keys(), registry=jose.OURS)
    except UNREADABLE:
        return None
    return hint.claims if hint.header.get("typ") == "JWT" and is_id_token(hint.claims) else None


def is_id_token(claims: dict[str, Any]) -> bool:
    """Whether signed claims are those of an ID token of this issuer, not of another kind of token."""
    texts = all(isinstance(claims.get(name), str) for name in ("sub", "aud", "sid"))
    return texts and claims.get("iss") == settings().issuer and "events" not in claims
