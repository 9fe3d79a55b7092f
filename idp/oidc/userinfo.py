"""What userinfo answers: whom a token stands for, and the claims it may read, in the form its app registered."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

from idp.clients import service as clients
from idp.clients.members import Metadata
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.oidc import claims_request, jose
from idp.tokens.facts import Bearer
from idp.tokens.machine import MachineToken


def answer(token: Bearer | MachineToken) -> Response:
    """OIDC Core section 5.3.2. An app's own token stands for the app, and for nobody else."""
    if isinstance(token, MachineToken):
        return _send(json.dumps({"sub": token.client_id}), "application/json")
    claims, how = claims_for(token), token.registered
    if how.userinfo_signed_response_alg or how.userinfo_encrypted_response_alg:
        return _send(_as_jwt(claims, token.grant.client_id, how), "application/jwt")
    return _send(json.dumps(claims), "application/json")


def claims_for(token: Bearer) -> dict[str, Any]:
    """What this token may read: of what was agreed to, what its own scopes open and what was asked for by name here.

    Without ``openid`` it is no OpenID Connect token, and says no more than whom it stands for.
    """
    whom = {"sub": token.grant.subject}
    if "openid" not in token.scopes:
        return whom
    asked = claims_request.open_asked(token.grant.asked).userinfo
    allowed = frozenset(token.grant.claims) & (registry().claims_of(token.scopes) | asked.keys())
    return whom | claims_request.held(asked, registry().read_claims(token.resident, allowed))


def _as_jwt(claims: dict[str, Any], client_id: str, how: Metadata) -> str:
    """Signed, or encrypted, or both: signed first and then encrypted."""
    signed_with, to_whom = how.userinfo_signed_response_alg, how.userinfo_encrypted_response_alg
    text = json.dumps(claims)
    if signed_with:
        text = jose.signed(claims | {"iss": settings().issuer, "aud": client_id}, signed_with)
    if not to_whom:
        return text
    nested = "JWT" if signed_with else None
    return jose.encrypted(text, clients.demand(client_id), to_whom, how.userinfo_encrypted_response_enc, cty=nested)


def _send(text: str, content_type: str) -> Response:
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})
