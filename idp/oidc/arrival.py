"""What came to us, turned into one plain request: it was sent plainly, or signed, or pushed before.

Whatever comes after this reads parameters and need not know how they came (OIDC Core section 6, RFC 9101, RFC 9126).
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.clients.service import Client
from idp.kernel.fetch import FetchRefused, fetch
from idp.limits import service as limits
from idp.oidc import request_object
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message
from idp.sessions import pushed
from idp.sessions.errors import PushedGone
from idp.web.origin import client_network

PUSHED = "urn:ietf:params:oauth:request_uri:"
MEDIA_TYPES = ("application/oauth-authz-req+jwt", "application/jwt")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request to go on with; or, where there is a ``fault``, what is known of it for the answer."""

    message: Message
    fault: ProtocolError | None = None


def at_authorization(sent: Message, client: Client) -> Arrival:
    """A request at the authorization endpoint, in the manner that the app's profile demands."""
    if sent.get("request_uri").startswith(PUSHED):
        return Arrival(_pushed(sent, client))
    carried = bool(sent.get("request") or sent.get("request_uri"))
    if client.policy.requests == "pushed" or (client.policy.requests == "proven" and not carried):
        return Arrival(sent, ProtocolError("invalid_request", "This client must push its requests."))
    return _unpacked(sent, client)


def at_push(sent: Message, client: Client) -> Arrival:
    """A request at the pushed authorization request endpoint (RFC 9126 sections 2.1 and 3)."""
    if "request_uri" in sent.payload.data:
        return Arrival(sent, ProtocolError("invalid_request", "A request_uri cannot be pushed."))
    return _unpacked(sent, client, alone=True)


def _pushed(sent: Message, client: Client) -> Message:
    """The request under this name; nothing beside it counts. Raises :class:`PushedGone`."""
    if "request_uri" in sent.payload.duplicates:
        raise PushedGone("doubled")
    found = pushed.load(sent.get("request_uri").removeprefix(PUSHED), client)
    return Message.kept(found.parameters, found.digest)


def _unpacked(sent: Message, client: Client, *, alone: bool = False) -> Arrival:
    """The request that a signed one stands for; a plain one as it is. ``alone``: nothing beside the object counts."""
    message, strict = sent, client.policy.strict_objects
    try:
        if (text := _object(sent, client)) is not None:
            members = request_object.signed(text, client)
            inside = request_object.parameters(members)
            message = Message.kept(request_object.merged(sent.payload.data, inside, strict=strict or alone))
            request_object.demand_valid(members, client, dated=strict)
            request_object.demand_agreement(sent.payload.data, inside)
        elif client.policy.signed_requests:
            raise ProtocolError("invalid_request", "This client must sign its requests.")
    except ProtocolError as fault:
        return Arrival(message, fault)
    return Arrival(message)


def _object(sent: Message, client: Client) -> str | None:
    """The request object, if there is one."""
    by_value, by_reference = sent.get("request"), sent.get("request_uri")
    if (by_value or by_reference) and sent.payload.duplicates:
        raise ProtocolError("invalid_request", "A parameter was sent more than once.")
    if by_value and by_reference:
        raise ProtocolError("invalid_request", "Send either request or request_uri.")
    return _fetched(by_reference, client) if by_reference else by_value or None


def _fetched(uri: str, client: Client) -> str:
    """The object at an address that the app registered to the byte; any other is never called (OIDC Core section 6.2).

    The fragment names a version of what is there, and nothing is kept, so it is only part of the registered text.
    """
    if not client.metadata.request_uris:
        raise ProtocolError("request_uri_not_supported", "This client has no registered request_uri.")
    if uri not in client.metadata.request_uris:
        raise ProtocolError("invalid_request_uri", "The request_uri is not registered.")
    network = client_network()
    limits.spend("request_uri", account=f"{client.id} {network}", network=network)
    try:
        answer = fetch(uri.partition("#")[0], accept=", ".join(MEDIA_TYPES))
    except FetchRefused:
        raise _unreadable() from None
    if answer.status != 200 or answer.content_type not in MEDIA_TYPES or not answer.body.isascii():
        raise _unreadable()
    return answer.body.decode().strip()


def _unreadable() -> ProtocolError:
    return ProtocolError("invalid_request_uri", "There is no request object at the request_uri.")
