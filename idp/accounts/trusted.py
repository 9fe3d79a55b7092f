"""Which addresses recovery may rest on (NIST SP 800-63B-4 section 4.2.1.2): confirmed, in use, and no newcomers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from idp.accounts import emails
from idp.accounts.models import Account, EmailAddress, Password
from idp.accounts.status import ACTIVE, CLOSING, FROZEN
from idp.kernel import clock
from idp.kernel.crypto import ResidentKey
from idp.kernel.db import execute

RECOVERABLE = frozenset({ACTIVE, FROZEN, CLOSING})
"""The states of an account that its resident may recover. It keeps its state; one that was locked stays shut."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The account behind an address, and what the address may do.

    ``address`` is as its owner wrote it. ``trusted`` is whether recovery may rest on it now, ``trusted_from`` when it
    may where only time is missing (seconds since the epoch). ``changed_at`` is when a way to sign in last changed,
    ``browsers_since`` from when on the account remembers browsers.
    """

    account_id: str
    locale: str
    address: str
    open: bool
    trusted: bool
    trusted_from: int | None
    changed_at: int
    browsers_since: int | None

    @property
    def usable(self) -> bool:
        """Whether recovery may begin with this address now."""
        return self.open and self.trusted


def holder(email: str) -> Holder | None:
    """Who holds an address, however it is spelt. Raises ``InvalidEmail``."""
    row = execute(
        select(
            EmailAddress.account_id,
            EmailAddress.sealed,
            EmailAddress.confirmed_at,
            EmailAddress.trusted_from,
            EmailAddress.leaves_at,
            EmailAddress.suspended_at,
            Account.data_key,
            Account.locale,
            Account.status,
            Account.credentials_changed_at,
            Account.browsers_since,
            Password.changed_at,
        )
        .join(Account, Account.id == EmailAddress.account_id)
        .outerjoin(Password, Password.account_id == Account.id)
        .where(EmailAddress.lookup == emails.lookup(email))
    ).first()
    if row is None:
        return None
    usable = row.confirmed_at is not None and row.leaves_at is None and row.suspended_at is None
    waits = row.trusted_from is not None and row.trusted_from > clock.now()
    return Holder(
        account_id=row.account_id,
        locale=row.locale,
        address=ResidentKey(row.account_id, row.data_key).open("email", row.sealed),
        open=row.status in RECOVERABLE,
        trusted=usable and not waits,
        trusted_from=row.trusted_from if usable and waits else None,
        changed_at=max(row.credentials_changed_at or 0, row.changed_at or 0),
        browsers_since=row.browsers_since,
    )
