"""The device authorization endpoint."""

from __future__ import annotations

from flask import Response, request

from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import is_form, machine_error, oidc, preflight, readable_anywhere
from idp.oidc.views.token import count_failed_client
from idp.sessions.guards import protocol


@oidc.route("/device-authorization", methods=["POST", "OPTIONS"])
@protocol
def device_authorization() -> Response:
    """RFC 8628 section 3.1."""
    if request.method == "OPTIONS":
        return preflight()
    if not is_form() or request.args:
        return machine_error("invalid_request", 400, "Send a form, and nothing in the query.")
    message = Message.received(request)
    response: Response = server().create_endpoint_response("device_authorization", message)
    count_failed_client(message, response)
    return readable_anywhere(response)
