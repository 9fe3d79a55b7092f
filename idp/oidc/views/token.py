"""The token endpoint."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request

from idp.clients import networks
from idp.kernel.db import transaction
from idp.limits import service as limits
from idp.oidc.client_auth import basic_credentials
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import is_form, machine_error, oidc, preflight, readable_anywhere
from idp.sessions.guards import protocol
from idp.web.origin import client_network

FAILED_AUTHENTICATION = {400, 401}


@oidc.route("/token", methods=["POST", "OPTIONS"])
@protocol
def token() -> Response:
    """RFC 6749 section 3.2. One transaction around Authlib's several calls: they stand or fall together."""
    if request.method == "OPTIONS":
        return preflight()
    if not is_form() or request.args:
        return machine_error("invalid_request", 400, "Send a form, and nothing in the query.")
    message = Message.received(request)
    server().recognise(message)
    with transaction():
        response = server().create_token_response(message)
    count_failed_client(message, response)
    if response.status_code == HTTPStatus.OK:
        networks.note(message.recognised.client, client_network())
    return readable_anywhere(response)


def count_failed_client(message: Message, response: Response) -> None:
    """Spend the limit of failed client authentications; a client that knows its secret is never slowed."""
    if response.status_code in FAILED_AUTHENTICATION and b'"invalid_client"' in response.get_data():
        client_id = basic_credentials(message)[0] or message.get("client_id")
        limits.spend("client_auth", account=client_id or "nobody", network=client_network())
