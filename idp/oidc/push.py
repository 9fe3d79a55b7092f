"""Pushed authorization requests: an app sends its request ahead, proves itself, and gets a name for it (RFC 9126)."""

from __future__ import annotations

from typing import Any

from idp.clients.service import Client
from idp.kernel.crypto import same
from idp.limits import service as limits
from idp.oidc import arrival, authorization, dpop
from idp.oidc.dpop import Proof
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.sessions import pushed
from idp.web.origin import client_network


def accept(sent: Message) -> dict[str, Any]:
    """Check the whole request now, as the authorization endpoint would, and keep it. Raises what the app is told."""
    client = _authenticated(sent)
    sent.supply("client_id", client.id)
    came = arrival.at_push(sent, client)
    if came.fault is not None:
        raise came.fault
    message = Message.kept(authorization.kept(came.message))
    if not client.may_redirect_to(message.get("redirect_uri")):
        raise ProtocolError("invalid_request", "The redirect_uri is missing or not registered.")
    _bind(message, dpop.proof_of(sent))
    authorization.validated(message, client)
    name = pushed.keep(client, authorization.kept(message))
    return {"request_uri": arrival.PUSHED + name, "expires_in": pushed.LIFETIME}


def _authenticated(sent: Message) -> Client:
    """The app, by the method that it registered. Anybody can name a public one, so only the network is charged."""
    client: Client = server().authenticate_client(sent, (), "pushed").client
    if client.native:
        limits.spend("public_push", network=client_network())
    else:
        limits.spend("pushed_request", account=client.id, network=client_network())
    return client


def _bind(message: Message, proof: Proof | None) -> None:
    """A proof beside the request binds the code to its key, as ``dpop_jkt`` does (RFC 9449 section 10.1)."""
    if proof is None:
        return
    if not same(message.get("dpop_jkt", proof.thumbprint), proof.thumbprint):
        dpop.refuse("The DPoP proof has another key than dpop_jkt.")
    message.supply("dpop_jkt", proof.thumbprint)
