"""A resident's email addresses: list them, make one the main one, let one go.

:mod:`idp.accounts.new_addresses` adds them and :mod:`idp.accounts.vetoes` undoes what somebody else did. A removed
address still hears what happens for 72 hours, and may undo its removal from any of these letters. So whoever takes
over a session does not take the account with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from idp.accounts import emails, notices
from idp.accounts import service as accounts
from idp.accounts.errors import AddressNotUsable, NoSuchAddress, StillMain
from idp.accounts.events import EmailChosen, EmailMainChanged, EmailRemoved
from idp.accounts.models import Account, EmailAddress, ServiceEmail
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import HOUR
from idp.kernel.crypto import ResidentKey
from idp.kernel.db import execute, transaction

VETO = 72 * HOUR
"""How long a removed address still hears what happens, and may undo its removal."""

ABOUT = "email"
"""What notices of these changes are about."""


@dataclass(frozen=True, slots=True)
class AddressView:
    """One address of a resident. Times in seconds since the epoch; see :class:`EmailAddress`."""

    id: str
    email: str
    is_main: bool
    confirmed_at: int | None
    trusted_from: int | None
    leaves_at: int | None
    suspended_at: int | None
    created_at: int

    @property
    def good(self) -> bool:
        """Whether it is in use."""
        return self.confirmed_at is not None and self.leaves_at is None and self.suspended_at is None

    @property
    def new(self) -> bool:
        """Whether it was added so lately that nothing may rest on it."""
        return self.trusted_from is not None and self.trusted_from > clock.now()


def of(account_id: str) -> list[AddressView]:
    """Every address of a resident that is not gone, the main one first, then the oldest."""
    rows = execute(
        select(EmailAddress.__table__, Account.data_key)
        .join(Account, Account.id == EmailAddress.account_id)
        .where(EmailAddress.account_id == account_id)
        .order_by(EmailAddress.is_main.desc(), EmailAddress.created_at, EmailAddress.id)
    ).all()
    shown = [name for name in AddressView.__dataclass_fields__ if name != "email"]
    return [
        AddressView(
            email=ResidentKey(account_id, row.data_key).open("email", row.sealed),
            **{name: getattr(row, name) for name in shown},
        )
        for row in rows
        if row.leaves_at is None or row.leaves_at > clock.now()
    ]


def demand(account_id: str, address_id: str) -> AddressView:
    """One address of this resident. Raises :class:`NoSuchAddress`, for somebody else's too."""
    for address in of(account_id):
        if address.id == address_id:
            return address
    raise NoSuchAddress


def make_main(account_id: str, address_id: str) -> None:
    """Let letters and apps use this address from now on. The one before stays an address of the account.

    Raises :class:`NoSuchAddress` and :class:`AddressNotUsable`.
    """
    with transaction():
        accounts.touch(account_id)
        address = demand(account_id, address_id)
        if address.is_main:
            return
        if not address.good:
            raise AddressNotUsable
        set_main(account_id, address_id)
        record(EmailMainChanged(address_id=address_id), account_id=account_id)
        notices.note_credentials(account_id)
        tell(account_id, "email_main", address_id, address.email)


def remove(account_id: str, address_id: str) -> None:
    """Let an address go: it opens nothing any more, and is told what happens for 72 hours. One that nothing could rest
    on yet is gone at once. Raises :class:`NoSuchAddress` and :class:`StillMain`.
    """
    with transaction():
        accounts.touch(account_id)
        address = demand(account_id, address_id)
        if address.is_main:
            raise StillMain
        if address.leaves_at is not None:
            return
        record(EmailRemoved(address_id=address_id), account_id=account_id)
        notices.note_credentials(account_id)
        tell(account_id, "email_removed", address_id, address.email)
        mine = EmailAddress.id == address_id
        at_once = address.new or not address.good
        leaves_at = clock.now() + VETO
        execute(
            delete(EmailAddress).where(mine)
            if at_once
            else update(EmailAddress).where(mine).values(leaves_at=leaves_at)
        )


def choose_for(account_id: str, client_id: str, address_id: str) -> None:
    """Let an app receive this address; an empty ``address_id`` means the main one, whichever that is.

    Raises :class:`NoSuchAddress` and :class:`AddressNotUsable`.
    """
    with transaction():
        accounts.touch(account_id)
        mine = {"account_id": account_id, "client_id": client_id}
        execute(delete(ServiceEmail).filter_by(**mine))
        if address_id:
            if not demand(account_id, address_id).good:
                raise AddressNotUsable
            execute(insert(ServiceEmail), mine | {"email_id": address_id})
        record(EmailChosen(address_id=address_id), **mine)


def set_main(account_id: str, address_id: str) -> None:
    """Make this address, and no other of the account, the main one. Call it with the account held."""
    execute(
        update(EmailAddress).where(EmailAddress.account_id == account_id).values(is_main=EmailAddress.id == address_id)
    )


def tell(account_id: str, letter: str, address_id: str | None, email: str = "") -> None:
    """Announce a change of addresses to all of them."""
    words = {"masked": emails.masked(email), "hours": VETO // HOUR} if email else {}
    notices.announce(account_id, f"accounts/{letter}", about=ABOUT, subject=address_id, **words)


def sweep(limit: int) -> int:
    """Delete addresses whose time to go has come."""
    over = EmailAddress.leaves_at <= clock.now()
    some = select(EmailAddress.id).where(over).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(EmailAddress).where(EmailAddress.id.in_(some), over)).rowcount
