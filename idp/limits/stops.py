"""Whom the limits stopped, or would have stopped, and who of them then got it right.

One row for a person, a limit and an hour, however often somebody knocks; kept for a week and a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from idp.kernel import clock
from idp.kernel.clock import DAY, HOUR
from idp.kernel.crypto import blind_index
from idp.kernel.db import execute, insert, transaction
from idp.limits.lately import first
from idp.limits.metrics import count_stop
from idp.limits.models import Stop
from idp.limits.ready import ready

KEPT = 8 * DAY
SOON = DAY
"""Who succeeds within this many seconds of a stop was no attacker."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What one limit did, or would have done: how many people it stopped, and how many of them then succeeded."""

    limit: str
    scope: str
    enforced: bool
    people: int
    then_right: int


def note(name: str, scope: str, person: str, *, enforced: bool) -> None:
    """Note that the limit stopped ``person`` (a key of an account, or else a network), or would have."""
    count_stop(name, scope, enforced=enforced)
    now, who = clock.now(), _person(person)
    stop_id = blind_index("limit stop", f"{name}\0{scope}\0{who.hex()}\0{enforced}\0{now // HOUR}").hex()
    if not first(stop_id):
        return
    row = {
        "id": stop_id,
        "name": name,
        "scope": scope,
        "person": who,
        "enforced": enforced,
        "at": now,
        "succeeded_at": None,
    }
    with transaction():
        execute(ready(_new), row)


def absolve(names: tuple[str, ...], person: str) -> None:
    """Note that a person whom these limits may have stopped has succeeded."""
    now = clock.now()
    with transaction():
        execute(
            update(Stop)
            .where(
                Stop.person == _person(person), Stop.name.in_(names), Stop.succeeded_at.is_(None), Stop.at > now - SOON
            )
            .values(succeeded_at=now)
        )


def simulate(since: int) -> Iterator[Stopped]:
    """What each limit did from ``since`` on (seconds since the epoch)."""
    right = func.max(Stop.succeeded_at).label("right")
    kinds = (Stop.name, Stop.scope, Stop.enforced)
    people = select(*kinds, right).where(Stop.at >= since).group_by(*kinds, Stop.person).subquery()
    found = (people.c.name, people.c.scope, people.c.enforced)
    counts = (func.count().label("people"), func.count(people.c.right).label("then_right"))
    for row in execute(select(*found, *counts).group_by(*found).order_by(*found)):
        yield Stopped(row.name, row.scope, bool(row.enforced), row.people, row.then_right)


def _new() -> Any:
    return insert(Stop).on_conflict_do_nothing()


def _person(key: str) -> bytes:
    return blind_index("limit person", key)
