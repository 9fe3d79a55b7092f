"""The device authorization endpoint."""

from __future__ import annotations

from flask import Response

from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import answer_app, oidc
from idp.sessions.guards import protocol


@oidc.route("/device-authorization", methods=["POST", "OPTIONS"])
@protocol
def device_authorization() -> Response:
    """RFC 8628 section 3.1."""
    return answer_app(_answer)


def _answer(message: Message) -> Response:
    response: Response = server().create_endpoint_response("device_authorization", message)
    return response
