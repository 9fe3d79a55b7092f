"""PKCE with S256 (RFC 7636): whoever the profile demands it from must use it, whoever uses it is held to it.

RFC 9700 section 2.1.1 leaves it to confidential clients, and the certified libraries of old portals have never heard
of it; see decision 13.
"""

from __future__ import annotations

import re

from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge

from idp.kernel.crypto import same
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Pkce(CodeChallenge):  # type: ignore[misc]
    """Demands a challenge at the authorization request, and its verifier at redemption."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: object, redirect_uri: str) -> None:
        message, client = grant.request, grant.request.client.client  # type: ignore[attr-defined]
        demand_challenge(message, required=client.native or client.policy.pkce == "everyone")

    def validate_code_verifier(self, grant: object, result: object) -> None:
        request = grant.request  # type: ignore[attr-defined]
        verifier, challenge = request.form.get("code_verifier", ""), request.authorization_code.challenge
        if not challenge and "code_verifier" not in request.form:
            return
        if not _VERIFIER.fullmatch(verifier) or not same(create_s256_code_challenge(verifier), challenge):
            raise ProtocolError("invalid_grant", "The code verifier does not match.")


def demand_challenge(message: Message, *, required: bool) -> None:
    """Refuse a request whose challenge is not S256, and one without where it is ``required``."""
    if not required and not {"code_challenge", "code_challenge_method"} & message.payload.data.keys():
        return
    if message.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(message.get("code_challenge")):
        raise ProtocolError("invalid_request", "PKCE with S256 is required.")
