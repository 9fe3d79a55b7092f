"""Browsers that were new to an account: kept for minutes, then told in one letter.

The letter tells apart who got in from who knew the password and was stopped at the second step (ASVS 6.3.5). Its
link is open to whoever reads the mail, and only ever makes the account safer (:mod:`idp.accounts.notices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from idp.accounts import notices
from idp.audit.service import search
from idp.kernel import clock, db
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.crypto import new_id
from idp.kernel.db import execute, transaction
from idp.risk.models import Sighting
from idp.web.device import device
from idp.web.origin import client_address
from idp.web.places import place

ABOUT = "sign_in"
GATHERED_FOR = 5 * MINUTE
"""Seconds after which the first of several is told, and the others with it."""

KEPT_FOR = 30 * DAY
MOST_TOLD = 10
"""Lines in one letter, the newest; nobody reads more."""


def see(account_id: str, attempt_id: str, *, finished: bool) -> bool:
    """Note this request's browser. One that finishes after it was told of is told of again. Whether it was news."""
    facts = {"finished": finished, "seen_at": clock.now(), "told_at": None}
    first = db.insert(Sighting).values(
        id=new_id(),
        account_id=account_id,
        attempt_id=attempt_id,
        device=device(),
        place=place(client_address()),
        **facts,
    )
    by_attempt = [Sighting.attempt_id]
    kept = (
        first.on_conflict_do_update(index_elements=by_attempt, set_=facts)
        if finished
        else first.on_conflict_do_nothing(index_elements=by_attempt)
    )
    with transaction() as connection:
        return connection.execute(kept).rowcount == 1


def tell(limit: int) -> int:
    """Write to the residents of whom something was seen more than five minutes ago. Returns to how many."""
    due = (
        select(Sighting.account_id)
        .where(Sighting.told_at.is_(None))
        .group_by(Sighting.account_id)
        .having(func.min(Sighting.seen_at) <= clock.now() - GATHERED_FOR)
        .limit(limit)
    )
    return sum(map(_tell, execute(due).scalars().all()))


def sweep(limit: int) -> int:
    """Delete sightings after thirty days."""
    old = select(Sighting.id).where(Sighting.seen_at < clock.now() - KEPT_FOR).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(Sighting).where(Sighting.id.in_(old))).rowcount


def _tell(account_id: str) -> bool:
    with transaction() as connection:
        taken = connection.execute(
            update(Sighting)
            .where(Sighting.account_id == account_id, Sighting.told_at.is_(None))
            .values(told_at=clock.now())
            .returning(Sighting.seen_at, Sighting.device, Sighting.place, Sighting.finished)
        ).all()
        if not taken:
            return False
        newest = sorted(taken, key=lambda row: row.seen_at, reverse=True)[:MOST_TOLD]
        notices.announce(account_id, "risk/sign_in", about=ABOUT, **_words(account_id, newest))
    return True


def _words(account_id: str, seen: Sequence[Any]) -> dict[str, Any]:
    since = seen[-1].seen_at - DAY
    return {
        "came_in": [row._asdict() for row in seen if row.finished],
        "stopped": [row._asdict() for row in seen if not row.finished],
        "failures": len(search(account=account_id, kind="password.refused", since=since)),
    }
