"""What rooms keep for residents in plain rows: nothing to take out of use, and all of it deleted at the end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from idp.kernel.contracts import Holding
from idp.kernel.db import execute


def rows(name: str, *tables: Any) -> Holding:
    """A holding of the rows of ``tables`` (models with an ``account_id``), in the order in which they are deleted."""

    def erase(account_id: str) -> None:
        for table in tables:
            execute(delete(table).where(table.account_id == account_id))

    return Holding(name, nothing_added, erase)


def nothing_added(_account_id: str, _since: int) -> int:
    """Where nothing can be added that somebody else could use later."""
    return 0
