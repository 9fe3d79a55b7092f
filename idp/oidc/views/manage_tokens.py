"""The revocation and introspection endpoints."""

from __future__ import annotations

from flask import Response, request

from idp.kernel.db import transaction
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import is_form, machine_error, oidc, preflight, readable_anywhere
from idp.oidc.views.token import count_failed_client
from idp.sessions.guards import protocol


@oidc.route("/revoke", methods=["POST", "OPTIONS"])
@protocol
def revoke() -> Response:
    """RFC 7009."""
    return preflight() if request.method == "OPTIONS" else _answer("revocation")


@oidc.post("/introspect")
@protocol
def introspect() -> Response:
    """RFC 7662."""
    return _answer("introspection")


def _answer(endpoint: str) -> Response:
    if not is_form() or request.args:
        return machine_error("invalid_request", 400, "Send a form, and nothing in the query.")
    message = Message.received(request)
    server().recognise(message)
    with transaction():
        response: Response = server().create_endpoint_response(endpoint, message)
    count_failed_client(message, response)
    return readable_anywhere(response)
