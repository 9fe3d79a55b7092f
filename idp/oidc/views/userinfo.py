"""The userinfo endpoint (OIDC Core section 5.3)."""

from __future__ import annotations

from flask import Response, request

from idp.oidc import presented
from idp.oidc.userinfo import answer
from idp.oidc.views.blueprint import oidc, preflight, readable_anywhere
from idp.sessions.guards import protocol


@oidc.route("/userinfo", methods=["GET", "POST", "OPTIONS"])
@protocol
def userinfo() -> Response:
    """The claims that the resident agreed to, read now."""
    if request.method == "OPTIONS":
        return preflight()
    return readable_anywhere(answer(presented.bearer()))
