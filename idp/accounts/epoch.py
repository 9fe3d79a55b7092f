"""An account's epoch: raised whenever what the account gave out is taken back.

What was begun in an earlier epoch cannot be finished in a later one, so a code that is on its way while the resident
signs out, withdraws or is locked never leaves.
"""

from __future__ import annotations

from sqlalchemy import update

from idp.accounts.models import Account
from idp.kernel.db import transaction


def turn(account_id: str) -> None:
    """Begin a new epoch. Waits for whatever holds the account's row, and whatever comes later sees it."""
    with transaction() as connection:
        connection.execute(update(Account).where(Account.id == account_id).values(epoch=Account.epoch + 1))
