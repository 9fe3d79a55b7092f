"""Devices that wait for a resident elsewhere (RFC 8628): they ask, a resident finds them by a code, they poll.

Once the resident agrees, an authorization code lies under the digest of the device code. So a device redeems what a
browser would have brought, and whatever takes codes back takes this one back too.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, delete, or_, select, update

from idp.audit.service import record
from idp.clients.service import Client
from idp.kernel import clock, db
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.contracts import Ask, SessionView
from idp.kernel.crypto import blind_index, digest, token
from idp.kernel.db import execute, transaction
from idp.tokens import codes
from idp.tokens.errors import DeviceGone, GrantRefused
from idp.tokens.events import DeviceApproved, DeviceDenied
from idp.tokens.models import DeviceRequest

LIFETIME = 10 * MINUTE
KEPT_AFTER_END = HOUR
INTERVAL = 5
"""Seconds between two polls, and what each hasty poll adds to them (RFC 8628 section 3.5)."""

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; nothing that looks like a digit (RFC 8628 section 6.1)."""

LENGTH = 8
LONGEST_TYPED = 64
IGNORED = {"Pd", "Zs"}
"""Dashes and spaces of all kinds, which telephones like to put in."""

Standing = Literal["pending", "hasty", "denied", "expired", "approved"]

_WAITS = (DeviceRequest.state == "pending", DeviceRequest.expires_at > bindparam("now"))
_MINE = (DeviceRequest.digest == bindparam("presented"), DeviceRequest.client_id == bindparam("by_client"))
_POLL = (
    update(DeviceRequest)
    .where(
        *_MINE,
        or_(
            DeviceRequest.polled_at.is_(None),
            DeviceRequest.polled_at + DeviceRequest.interval <= bindparam("now"),
        ),
    )
    .values(polled_at=bindparam("now"))
    .returning(DeviceRequest.state, DeviceRequest.expires_at)
)
_SLOW_DOWN = update(DeviceRequest).where(*_MINE).values(interval=DeviceRequest.interval + INTERVAL)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a device is told: the secret that it polls with, and the code that it shows."""

    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device that waits. ``network`` is where it asked from, ``asked_at`` when (seconds since the epoch)."""

    digest: bytes
    client_id: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    network: str
    asked_at: int


def begin(client_id: str, *, scopes: tuple[str, ...], resources: tuple[str, ...], network: str) -> Begun:
    """Let a device of this app wait for a resident."""
    device_code, now = token(), clock.now()
    row = {
        "digest": digest(device_code),
        "client_id": client_id,
        "scopes": scopes,
        "resources": resources,
        "network": network,
        "state": "pending",
        "interval": INTERVAL,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    insert = db.insert(DeviceRequest).on_conflict_do_nothing(index_elements=["user_code"])
    while True:
        user_code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        with transaction() as connection:
            if connection.execute(insert, row | {"user_code": _index(user_code)}).rowcount == 1:
                return Begun(device_code, shown(user_code))


def shown(user_code: str) -> str:
    """A code as people read it."""
    return f"{user_code[:4]}-{user_code[4:]}"


def normalised(typed: str) -> str | None:
    """The code in what was typed: case, spaces and dashes do not matter. None when there is none."""
    kept = "".join(sign for sign in typed[:LONGEST_TYPED] if unicodedata.category(sign) not in IGNORED)
    code = kept.upper() if kept.isascii() else ""
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def find(user_code: str) -> Device | None:
    """The device that waits under a normalised code."""
    return _waiting(DeviceRequest.user_code == _index(user_code))


def demand(device: bytes) -> Device:
    """The device that waits under the digest of its code. Raises :class:`DeviceGone`."""
    if (found := _waiting(DeviceRequest.digest == device)) is None:
        raise DeviceGone
    return found


def approve(device: bytes, client: Client, session: SessionView, ask: Ask) -> bool:
    """Let the device have what the resident agreed to. Raises :class:`DeviceGone` where it no longer waits.

    The row is held first, so that of two residents with one code the first decides. False when the account turned to
    a new epoch: then everything must be asked anew.
    """
    held = select(DeviceRequest.expires_at, DeviceRequest.resources).where(DeviceRequest.digest == device, *_WAITS)
    with transaction() as connection:
        row = connection.execute(held.with_for_update(), {"now": clock.now()}).first()
        if row is None:
            raise DeviceGone
        given = codes.give_to_device(
            client,
            session,
            device,
            scopes=tuple(sorted(ask.scopes)),
            claims=tuple(sorted(ask.claims)),
            resources=row.resources or (),
            expires_at=row.expires_at,
        )
        if given:
            _settle(device, "approved")
            record(DeviceApproved(scopes=tuple(sorted(ask.scopes))), account_id=session.account_id, client_id=client.id)
        return given


def deny(device: bytes, client_id: str, account_id: str | None) -> None:
    """Let the device know that it gets nothing, unless it was settled before."""
    with transaction():
        if _settle(device, "denied"):
            record(DeviceDenied(), account_id=account_id, client_id=client_id)


def poll(device_code: str, client_id: str) -> Standing:
    """How a device's request stands. Raises :class:`GrantRefused` for one that this app never made.

    Who polls too soon learns only that, whatever the state; so of many polls at once one gets through.
    """
    mine = {"presented": digest(device_code), "by_client": client_id}
    now = clock.now()
    with transaction() as connection:
        row = connection.execute(_POLL, mine | {"now": now}).first()
        if row is None and connection.execute(_SLOW_DOWN, mine).rowcount != 1:
            raise GrantRefused(detail="unknown device code, or another client's")
    if row is None:
        return "hasty"
    standing: Standing = row.state if row.state == "denied" or row.expires_at > now else "expired"
    return standing


def sweep(limit: int) -> int:
    """Delete requests an hour after their time; until then a device is told that they expired."""
    over = select(DeviceRequest.digest).where(DeviceRequest.expires_at < clock.now() - KEPT_AFTER_END).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(DeviceRequest).where(DeviceRequest.digest.in_(over))).rowcount


def _settle(device: bytes, state: Standing) -> bool:
    statement = update(DeviceRequest).where(DeviceRequest.digest == device, *_WAITS).values(state=state)
    return execute(statement, {"now": clock.now()}).rowcount == 1


def _waiting(condition: object) -> Device | None:
    row = execute(select(DeviceRequest.__table__).where(condition, *_WAITS), {"now": clock.now()}).first()  # type: ignore[arg-type]
    if row is None:
        return None
    return Device(row.digest, row.client_id, row.scopes, row.resources or (), row.network, row.created_at)


def _index(user_code: str) -> bytes:
    return blind_index("device", user_code)
