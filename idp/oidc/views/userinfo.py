"""The userinfo endpoint (OIDC Core section 5.3)."""

from __future__ import annotations

from flask import Response, jsonify, request

from idp.kernel.registry import registry
from idp.oidc.views.blueprint import is_form, machine_error, oidc, preflight, readable_anywhere
from idp.sessions.guards import protocol
from idp.tokens import service as tokens
from idp.tokens.facts import Bearer


@oidc.route("/userinfo", methods=["GET", "POST", "OPTIONS"])
@protocol
def userinfo() -> Response:
    """The claims that the resident agreed to, read now."""
    if request.method == "OPTIONS":
        return preflight()
    presented = _presented()
    if len(presented) > 1 or "access_token" in request.args:
        return readable_anywhere(machine_error("invalid_request", 400, "Send the token once, in the header or form."))
    bearer = tokens.bearer(presented[0]) if presented else None
    if bearer is None:
        return readable_anywhere(_challenge("invalid_token" if presented else "", 401))
    if "openid" not in bearer.scopes:
        return readable_anywhere(_challenge("insufficient_scope", 403))
    response = jsonify(claims_for(bearer))
    response.headers["Cache-Control"] = "no-store"
    return readable_anywhere(response)


def claims_for(bearer: Bearer) -> dict[str, object]:
    """What this token may read: what was agreed to, within the token's own scopes."""
    allowed = frozenset(bearer.grant.claims) & registry().claims_of(bearer.scopes)
    return {"sub": bearer.grant.subject} | registry().read_claims(bearer.resident, allowed)


def _presented() -> list[str]:
    """Every token that came in the header or the form (RFC 6750 section 2)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    in_header = [token.strip()] if scheme.lower() == "bearer" and token.strip() else []
    in_form = request.form.getlist("access_token") if request.method == "POST" and is_form() else []
    return in_header + in_form


def _challenge(error: str, status: int) -> Response:
    """RFC 6750 section 3: no error code when no token came."""
    challenge = f'Bearer realm="beacon", error="{error}"' if error else 'Bearer realm="beacon"'
    return machine_error(error or "invalid_token", status, headers={"WWW-Authenticate": challenge})
