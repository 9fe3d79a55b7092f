"""What an account remembers of browsers: since when. What each of them shows is in :mod:`idp.accounts.known`.

The first browser that finishes a sign-in is nobody's surprise: somebody has to be the first. Any other is new until it
has been known for a day, so that signing in twice does not make an intruder's browser an old acquaintance.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from idp.accounts import known
from idp.accounts.models import Account
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.contracts import Holding
from idp.kernel.db import execute, transaction

NEW_FOR = DAY
"""Seconds after its first sign-in for which a browser counts as new."""


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """How well an account knows a browser. ``settles_at`` is when it is new no more (seconds since the epoch).

    ``stranger`` is whether no sign-in was finished in it yet, though in others.
    """

    stranger: bool
    settles_at: int

    @property
    def new(self) -> bool:
        """Whether it is a stranger, or was until a day ago."""
        return self.settles_at > clock.now()


def acquaintance(account_id: str, shown: str) -> Acquaintance:
    """How well an account knows the browser that shows ``shown``."""
    return _acquaintance(_since(account_id), account_id, shown)


def recognised(account_id: str, shown: str) -> str:
    """The id of a browser that the account knows; empty for a stranger."""
    return known.recognised(account_id, shown, _since(account_id))


def introduce(account_id: str, shown: str) -> str:
    """What the browser is to show from now on, that has just finished a sign-in. It stays known since when it was."""
    now = clock.now()
    with transaction() as connection:
        first = connection.execute(
            update(Account).where(Account.id == account_id, Account.browsers_since.is_(None)).values(browsers_since=now)
        )
        since = _since(account_id) or now
    newly = now if first.rowcount else max(now, since + 1)
    return known.introduce(account_id, shown, known.known_since(account_id, shown, since) or newly)


def forget(account_id: str, _since: int = 0) -> int:
    """Know no browser any more, whatever it shows. Returns 0: nobody counts them."""
    with transaction() as connection:
        connection.execute(update(Account).where(Account.id == account_id).values(browsers_since=clock.now() + 1))
    return 0


def _nothing(_account_id: str) -> None:
    """There is no row to erase."""


HOLDING = Holding("browsers", forget, _nothing)


def _since(account_id: str) -> int | None:
    return execute(select(Account.browsers_since).where(Account.id == account_id)).scalar_one_or_none()


def _acquaintance(since: int | None, account_id: str, shown: str) -> Acquaintance:
    if since is None:
        return Acquaintance(stranger=False, settles_at=0)
    known_since = known.known_since(account_id, shown, since)
    if known_since is None:
        return Acquaintance(stranger=True, settles_at=clock.now() + NEW_FOR)
    return Acquaintance(stranger=False, settles_at=known_since + (0 if known_since == since else NEW_FOR))
