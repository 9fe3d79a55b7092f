"""The revocation and introspection endpoints."""

from __future__ import annotations

from functools import partial

from flask import Response

from idp.kernel.db import transaction
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import answer_app, oidc
from idp.sessions.guards import protocol


@oidc.route("/revoke", methods=["POST", "OPTIONS"])
@protocol
def revoke() -> Response:
    """RFC 7009."""
    return answer_app(partial(_answer, "revocation"))


@oidc.post("/introspect")
@protocol
def introspect() -> Response:
    """RFC 7662."""
    return answer_app(partial(_answer, "introspection"))


def _answer(endpoint: str, message: Message) -> Response:
    server().recognise(message)
    with transaction():
        response: Response = server().create_endpoint_response(endpoint, message)
    return response
