"""The pushed authorization request endpoint."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Response, jsonify, request

from idp.oidc.message import Message
from idp.oidc.push import accept
from idp.oidc.views.blueprint import answer_app, machine_error, oidc
from idp.sessions.guards import protocol

LONGEST_PUSH = 64 * 1024


@oidc.route("/par", methods=["POST", "OPTIONS"])
@protocol
def push() -> Response:
    """RFC 9126 section 2."""
    if (request.content_length or 0) > LONGEST_PUSH:
        return machine_error("invalid_request", 400, "Send a form of less than 64 kB.")
    return answer_app(_pushed)


def _pushed(message: Message) -> Response:
    try:
        response = jsonify(accept(message))
    except OAuth2Error as error:
        return machine_error(error.error, error.status_code, error.description or "", dict(error.get_headers()))
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response
