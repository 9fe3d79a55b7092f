"""Undo what somebody else did to a resident's email addresses.

An address that stood before has a veto over what came after it: removed ones stay, new ones are taken out of use, and
the main one is again one that stood before. New addresses have no veto, so whoever adds one cannot defend it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, update

from idp.accounts import addresses
from idp.accounts import service as accounts
from idp.accounts.addresses import AddressView
from idp.accounts.errors import TooLateToUndo
from idp.accounts.events import EmailKept, EmailSuspended
from idp.accounts.models import EmailAddress, ServiceEmail
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.db import execute, transaction


def keep(account_id: str, address_id: str) -> None:
    """Let a removed address stay after all, at its resident's wish. Raises ``NoSuchAddress``."""
    with transaction():
        accounts.touch(account_id)
        if addresses.demand(account_id, address_id).leaves_at is not None:
            _restore(account_id, [address_id])
            addresses.tell(account_id, "email_restored", None)


def stop(account_id: str, address_id: str | None) -> None:
    """Take a change back that a notice told of, without sign-in. Raises :class:`TooLateToUndo`.

    There is nothing to take back where the address left or was taken out of use, where it is neither new nor going nor
    the main one, and where no other stood before it.
    """
    with transaction():
        accounts.touch(account_id)
        mine = addresses.of(account_id)
        told_of = next((one for one in mine if one.id == address_id and one.suspended_at is None), None)
        before = sorted((one for one in mine if _stood_before(one)), key=_standing)
        heirs = [one for one in before if one != told_of or one.leaves_at is not None]
        if told_of is None or not heirs or not (told_of.new or told_of.leaves_at or told_of.is_main):
            raise TooLateToUndo
        main = next((one for one in heirs if one.is_main), heirs[0])
        _suspend(account_id, [one.id for one in mine if one.new and one.suspended_at is None])
        _restore(account_id, [one.id for one in before if one.leaves_at is not None])
        addresses.set_main(account_id, main.id)
        addresses.tell(account_id, "email_restored", None)


def quarantine(account_id: str, since: int) -> int:
    """Take addresses out of use that were confirmed from ``since`` on, and keep those that were removed since.

    The oldest stays, whenever it came: letters must reach somebody. Returns how many were taken out.
    """
    with transaction():
        mine = addresses.of(account_id)
        back = [one.id for one in mine if one.leaves_at is not None and one.leaves_at - addresses.VETO >= since]
        usable = sorted((one for one in mine if one.good or one.id in back), key=_standing)
        out = [one.id for one in usable[1:] if (one.confirmed_at or 0) >= since]
        _restore(account_id, back)
        _suspend(account_id, out)
        _settle_main(account_id, usable, out)
    return len(out)


def erase(account_id: str) -> None:
    """Delete every address of an account that ends."""
    with transaction():
        for table in (ServiceEmail, EmailAddress):
            execute(delete(table).where(table.account_id == account_id))


def _standing(address: AddressView) -> tuple[int, int]:
    """The longest standing sorts first."""
    return address.created_at, address.trusted_from or 0


def _stood_before(address: AddressView) -> bool:
    return not address.new and address.suspended_at is None


def _settle_main(account_id: str, usable: Sequence[AddressView], out: Collection[str]) -> None:
    staying = [one for one in usable if one.id not in out]
    if staying and not any(one.is_main for one in staying):
        addresses.set_main(account_id, staying[0].id)


def _restore(account_id: str, ids: Collection[str]) -> None:
    execute(update(EmailAddress).where(EmailAddress.id.in_(ids)).values(leaves_at=None))
    for address_id in ids:
        record(EmailKept(address_id=address_id), account_id=account_id)


def _suspend(account_id: str, ids: Collection[str]) -> None:
    execute(update(EmailAddress).where(EmailAddress.id.in_(ids)).values(suspended_at=clock.now(), is_main=False))
    for address_id in ids:
        record(EmailSuspended(address_id=address_id), account_id=account_id)
