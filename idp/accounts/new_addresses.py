"""Add an email address: a code goes to it, and it is nothing until the code was typed in the session that asked.

Until then it stands in no table, so nobody keeps it from its owner by asking for it first. The page carries it as a
handle, sealed for that session alone.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode

from flask import url_for

from idp.accounts import addresses, codes, emails, notices, trusted
from idp.accounts import service as accounts
from idp.accounts.errors import AddressGone, AddressTaken, AlreadyYours, TooManyAddresses
from idp.accounts.events import EmailAdded
from idp.accounts.models import EmailAddress
from idp.accounts.trusted import Holder
from idp.audit.service import record
from idp.kernel import clock, db
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.crypto import base64url, blind_index, new_id, open_for_system, seal_for_system
from idp.kernel.db import execute, transaction
from idp.kernel.errors import Misconfigured
from idp.limits import service as limits
from idp.outbox.service import queue_letter
from idp.web.i18n import locale

MOST = 12
"""Addresses of one account, those on their way out too."""

NEW_FOR = 7 * DAY
"""How long a new address cannot help to recover the account."""

ADD = "add_email"
MINUTES = codes.CONFIRM_LIFETIME // MINUTE
LONGEST_HANDLE = 600


def ask_to_add(account_id: str, session_id: str, email: str, *, network: str) -> str:
    """Mail a code to a new address. Returns the handle under which the code is typed, in this session alone.

    An address that belongs to somebody else gets a letter that says so, and no code; the answer here is the same.
    Raises ``InvalidEmail``, :class:`AlreadyYours`, :class:`TooManyAddresses` and ``Throttled``.
    """
    address = emails.deliverable(email)
    _demand_room(account_id, address)
    limits.spend("add_email", account=account_id, network=network)
    limits.spend("mail_send", account=_key(address), network=network)
    holder = trusted.holder(address)
    handle = base64url(seal_for_system(address, _context(session_id)))
    with transaction():
        if holder is None or holder.account_id == account_id:
            _send_code(session_id, address, handle)
        else:
            _tell_holder(session_id, address, holder)
    return handle


def awaited(session_id: str, handle: str) -> str:
    """The address that a handle of this session stands for. Raises :class:`AddressGone`."""
    try:
        sealed = urlsafe_b64decode(handle[:LONGEST_HANDLE] + "=" * (-len(handle) % 4))
        return open_for_system(sealed, _context(session_id))
    except (binascii.Error, ValueError, Misconfigured) as error:
        raise AddressGone from error


def prove(session_id: str, handle: str, code: str, *, network: str) -> str:
    """Take the mailed code. Returns the address that it proves.

    Raises :class:`AddressGone`, ``WrongCode``, ``CodeExpired``, ``CodeExhausted`` and ``Throttled``.
    """
    address = awaited(session_id, handle)
    limits.spend("mailed_code", account=_key(address), network=network)
    codes.redeem(ADD, _holder(session_id, address), code)
    limits.forgive("mailed_code", account=_key(address), network=network)
    return address


def add(account_id: str, address: str) -> None:
    """Keep an address that was just proven. Recovery may rest on it in seven days; every address hears of it.

    Raises :class:`AlreadyYours`, :class:`AddressTaken` and :class:`TooManyAddresses`.
    """
    with transaction():
        accounts.touch(account_id)
        _demand_room(account_id, address)
        address_id = _keep(account_id, address)
        record(EmailAdded(address_id=address_id), account_id=account_id)
        notices.note_credentials(account_id)
        addresses.tell(account_id, "email_added", address_id, address)


def _demand_room(account_id: str, address: str) -> None:
    """Whether one more fits. The resident's own that nobody has proven yet is no more than that one."""
    mine = addresses.of(account_id)
    known = next((one for one in mine if emails.normalise(one.email) == emails.normalise(address)), None)
    if known is not None and known.confirmed_at is not None:
        raise AlreadyYours
    if known is None and len(mine) >= MOST:
        raise TooManyAddresses(MOST)


def _keep(account_id: str, address: str) -> str:
    """Write the address down, or note that one which an operator wrote down is proven. Raises AddressTaken."""
    now, who = clock.now(), accounts.resident(account_id)
    row = {
        "id": new_id(),
        "account_id": account_id,
        "lookup": emails.lookup(address),
        "sealed": who.key.seal("email", address),
        "is_main": False,
        "confirmed_at": now,
        "trusted_from": now + NEW_FOR,
        "created_at": now,
    }
    unproven = (EmailAddress.account_id == account_id) & EmailAddress.confirmed_at.is_(None)
    kept = execute(
        db.insert(EmailAddress)
        .values(row)
        .on_conflict_do_update(index_elements=["lookup"], set_={"confirmed_at": now}, where=unproven)
        .returning(EmailAddress.id)
    ).scalar_one_or_none()
    if kept is None:
        raise AddressTaken
    return str(kept)


def _send_code(session_id: str, address: str, handle: str) -> None:
    code = codes.issue(ADD, _holder(session_id, address))
    link = url_for("profiles.confirm_email", handle=handle, _external=True)
    queue_letter("accounts/add_email", to=address, locale=locale(), code=code, link=link, minutes=MINUTES)


def _tell_holder(session_id: str, address: str, holder: Holder) -> None:
    codes.issue_decoy(ADD, _holder(session_id, address))
    words = {"to": holder.address, "locale": holder.locale, "account_id": holder.account_id}
    queue_letter("accounts/address_in_use", **words)


def _holder(session_id: str, address: str) -> str:
    """What a code belongs to: this address, asked for in this session."""
    return blind_index(ADD, f"{session_id}\0{emails.normalise(address)}").hex()


def _context(session_id: str) -> str:
    return f"{ADD}\0{session_id}"


def _key(address: str) -> str:
    return emails.lookup(address).hex()
