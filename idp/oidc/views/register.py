"""The endpoints at which apps register themselves and look after their registration."""

from __future__ import annotations

from flask import Response, request

from idp.kernel.settings import settings
from idp.limits import service as limits
from idp.oidc.registration import RegistrationMessage
from idp.oidc.server import server
from idp.oidc.views.blueprint import machine_error, oidc
from idp.sessions.guards import protocol
from idp.web.origin import client_network

CLOSED = "Apps do not register themselves here."
EVERYBODY = "everybody"


@oidc.post("/register")
@protocol
def register() -> Response:
    """RFC 7591 section 3."""
    if settings().registration == "closed":
        return machine_error("not_found", 404, CLOSED)
    if not _is_json():
        return machine_error("invalid_request", 415, "Send JSON.")
    if settings().registration == "open":
        limits.spend("registration", account=EVERYBODY, network=client_network())
    return _answer("client_registration", RegistrationMessage(request))


@oidc.route("/register/<client_id>", methods=["GET", "PUT", "DELETE"])
@protocol
def registration(client_id: str) -> Response:
    """RFC 7592 section 2."""
    if settings().registration == "closed":
        return machine_error("not_found", 404, CLOSED)
    limits.spend("registration_change", account=client_id, network=client_network())
    if request.method == "PUT" and not _is_json():
        return machine_error("invalid_request", 415, "Send JSON.")
    return _answer("client_configuration", RegistrationMessage(request, client_id))


def _answer(endpoint: str, message: RegistrationMessage) -> Response:
    response: Response = server().create_endpoint_response(endpoint, message)
    return response


def _is_json() -> bool:
    return request.mimetype == "application/json" and not request.headers.get("Content-Encoding")
