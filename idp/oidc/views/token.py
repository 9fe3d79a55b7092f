"""The token endpoint."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from idp.clients import networks
from idp.kernel.db import transaction
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import answer_app, oidc
from idp.sessions.guards import protocol
from idp.web.origin import client_network


@oidc.route("/token", methods=["POST", "OPTIONS"])
@protocol
def token() -> Response:
    """RFC 6749 section 3.2."""
    return answer_app(_tokens)


def _tokens(message: Message) -> Response:
    """One transaction around Authlib's several calls: they stand or fall together."""
    server().recognise(message)
    with transaction():
        response = server().create_token_response(message)
    if response.status_code == HTTPStatus.OK:
        networks.note(message.recognised.client, client_network())
    return response
