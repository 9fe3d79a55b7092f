"""A device's request on its way: confirmed by a resident, walked through the same gates, settled.

It differs from an authorization request in its ends alone. It was proven when the device asked, and no browser carries
the answer away: it lies ready for the device to poll.
"""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.clients import asking
from idp.clients.service import Client
from idp.kernel.contracts import Ask, Need
from idp.kernel.db import transaction
from idp.oidc.authorization import ask_of, known_app, walk
from idp.oidc.message import Message
from idp.sessions import current, parked
from idp.sessions.current import session
from idp.sessions.parked import Parked
from idp.tokens import devices
from idp.tokens.devices import Device

CONFIRMATION = "oidc.confirm_device"


def park(client: Client, device: Device, user_code: str) -> str:
    """Put a device's request aside for this browser. Whoever confirms it is asked for consent anew, whatever they said
    before: nothing but their word shows that the device is theirs (RFC 8628 section 5.4)."""
    parameters = {
        "client_id": client.id,
        "scope": " ".join(device.scopes),
        "prompt": "consent",
        "user_code": user_code,
    }
    if client.metadata.default_max_age is not None:
        parameters["max_age"] = str(client.metadata.default_max_age)
    return parked.park(client, parameters, CONFIRMATION, device=device.digest)


def proceed(waiting: Parked, digest: bytes) -> Response:
    """Take a device's request as far as it goes now: to a page, or to its end. Raises ``DeviceGone``."""
    message = Message.kept(waiting.parameters)
    client = known_app(message)
    if waiting.refused_at is not None:
        return _refuse(waiting, digest)
    devices.demand(digest)
    if waiting.owed == CONFIRMATION:
        return _to_page(waiting, CONFIRMATION)
    asked = asking.of(client, message.get("scope"), "")
    outcome = walk(ask_of(message, client, asked, waiting))
    if isinstance(outcome, Ask):
        return _grant(waiting, digest, outcome)
    return _owed(waiting, digest, outcome)


def _owed(waiting: Parked, digest: bytes, need: Need) -> Response:
    if need.endpoint is None:
        return _refuse(waiting, digest)
    parked.owe(waiting.id, need.endpoint)
    return _to_page(waiting, need.endpoint)


def _grant(waiting: Parked, digest: bytes, ask: Ask) -> Response:
    if ask.session is None:
        return _refuse(waiting, digest)
    with transaction():
        given = devices.approve(digest, waiting.client, ask.session, ask)
        if given:
            parked.finish(waiting.id)
    if not given:
        current.forget()
        return proceed(waiting, digest)
    return redirect(url_for("oidc.device_done"), 303)


def _refuse(waiting: Parked, digest: bytes) -> Response:
    here = session()
    with transaction():
        parked.finish(waiting.id)
        devices.deny(digest, waiting.client.id, here.account_id if here else None)
    return redirect(url_for("oidc.device_refused"), 303)


def _to_page(waiting: Parked, endpoint: str) -> Response:
    return redirect(url_for(endpoint, request_id=waiting.id), 303)
