"""The ID token: minimal, signed with the one active key of the app's algorithm (OIDC Core section 2)."""

from __future__ import annotations

import base64
from typing import Any

from authlib.oidc.core import OpenIDCode
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import blind_index, new_id
from idp.kernel.settings import settings
from idp.keys import service as keys
from idp.oidc.message import Message
from idp.oidc.relying_party import RelyingParty
from idp.tokens.facts import Grant

LIFETIME = 5 * MINUTE
LONGEST_HINT = 16384


class IdToken(OpenIDCode):  # type: ignore[misc]
    """Adds an ID token to the token response of an OpenID request."""

    def exists_nonce(self, nonce: str, request: Message) -> bool:
        """A nonce is the app's own check; it is echoed, not judged."""
        return False

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self.process_token)

    def get_client_algorithm(self, client: RelyingParty) -> str:
        return client.client.id_token_alg

    def get_encode_header(self, client: RelyingParty) -> dict[str, str]:
        return {"alg": client.signer.alg, "kid": client.signer.kid}

    def resolve_client_private_key(self, client: RelyingParty) -> Key:
        return client.signer.key

    def get_compatible_claims(self, request: Message) -> dict[str, Any]:
        grant: Grant = request.credential
        now = clock.now()
        return {
            "iss": settings().issuer,
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

    def generate_user_info(self, user: Grant, scope: str) -> dict[str, Any]:
        """The subject alone: personal claims are read at userinfo (checklist item 30)."""
        return {"sub": user.subject}


def sid_for(session_id: str, client_id: str) -> str:
    """How an app knows a session: different at each app, and nothing to present here (Back-Channel Logout 2.1)."""
    return base64.urlsafe_b64encode(blind_index("sid", f"{session_id}\0{client_id}")[:16]).decode().rstrip("=")


def read_hint(text: str) -> dict[str, Any] | None:
    """The claims of an ID token that Beacon signed, however old. None for anything else (OIDC Core section 3.1.2.1)."""
    if not 0 < len(text) <= LONGEST_HINT:
        return None
    try:
        signed_by_us = JWSRegistry(algorithms=list(keys.ALGORITHMS))
        claims = jwt.decode(text, keys.verification_keys(), registry=signed_by_us).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return claims if is_id_token(claims) else None


def is_id_token(claims: dict[str, Any]) -> bool:
    """Whether signed claims are those of an ID token of this issuer, not of another kind of token."""
    texts = all(isinstance(claims.get(name), str) for name in ("sub", "aud", "sid"))
    return texts and claims.get("iss") == settings().issuer and "events" not in claims
