"""PKCE with S256, always, for every app (RFC 7636, RFC 9700 section 2.1.1)."""

from __future__ import annotations

import re

from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge

from idp.kernel.crypto import same
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Pkce(CodeChallenge):  # type: ignore[misc]
    """Demands a challenge from everyone at the authorization request, and its verifier at redemption."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: object, redirect_uri: str) -> None:
        demand_challenge(grant.request)  # type: ignore[attr-defined]

    def validate_code_verifier(self, grant: object, result: object) -> None:
        request = grant.request  # type: ignore[attr-defined]
        verifier = request.form.get("code_verifier", "")
        challenge = request.authorization_code.challenge
        if not _VERIFIER.fullmatch(verifier) or not same(create_s256_code_challenge(verifier), challenge):
            raise ProtocolError("invalid_grant", "The code verifier does not match.")


def demand_challenge(message: Message) -> None:
    """Refuse a request without an S256 challenge."""
    if message.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(message.get("code_challenge")):
        raise ProtocolError("invalid_request", "PKCE with S256 is required.")
