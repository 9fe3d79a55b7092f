"""Write the trail and search it. The chain over it is in ``chain.py``."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, tuple_

from idp.audit.actor import NOT_STAFF, actor
from idp.audit.chain import FACTS_AS_KEPT, Broken, Verdict, begin, seal, verify
from idp.audit.events import Event
from idp.audit.models import EventRow
from idp.kernel import clock, db

__all__ = ["Broken", "Entry", "Verdict", "begin", "find", "happened", "record", "seal", "search", "verify"]

INSERT = insert(EventRow).inline()
COLUMNS = (
    EventRow.id,
    EventRow.at,
    EventRow.kind,
    EventRow.account_id,
    EventRow.client_id,
    EventRow.actor,
    EventRow.reason,
    FACTS_AS_KEPT,
    EventRow.position,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it stands in the trail. ``position`` is None until the worker has sealed it."""

    id: int
    at: int
    kind: str
    account_id: str | None
    client_id: str | None
    actor: str
    reason: str | None
    facts: dict[str, Any]
    position: int | None


def record(event: Event, *, account_id: str | None = None, client_id: str | None = None) -> None:
    """Add ``event`` to the trail, with the present actor: one INSERT, in the transaction of the deed."""
    name, reason = actor()
    row = {
        "at": clock.now(),
        "kind": event.kind,
        "account_id": account_id,
        "client_id": client_id,
        "actor": name,
        "reason": reason or None,
        "facts": event.facts(),
    }
    with db.transaction():
        db.execute(INSERT, row)


def search(
    *,
    account: str | None = None,
    client: str | None = None,
    kind: str | None = None,
    since: int | None = None,
    until: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Find events, newest first. ``since`` is included and ``until`` is not, both in seconds since the epoch."""
    wanted = {EventRow.account_id: account, EventRow.client_id: client, EventRow.kind: kind}
    found = select(*COLUMNS).order_by(EventRow.at.desc(), EventRow.id.desc()).limit(limit)
    found = found.where(*(column == value for column, value in wanted.items() if value is not None))
    if since is not None:
        found = found.where(EventRow.at >= since)
    if until is not None:
        found = found.where(EventRow.at < until)
    return [_entry(row) for row in db.execute(found)]


def happened(
    account_id: str,
    kinds: Collection[str],
    *,
    by_staff: bool = False,
    before: tuple[int, int] | None = None,
    limit: int = 100,
) -> list[Entry]:
    """What happened to a resident, of these kinds, newest first; ``by_staff`` only what operators did.

    ``before`` is the time and id of an entry: the page goes on after it.
    """
    found = select(*COLUMNS).where(EventRow.account_id == account_id, EventRow.kind.in_(kinds))
    if by_staff:
        found = found.where(EventRow.actor.not_in(NOT_STAFF))
    if before is not None:
        found = found.where(tuple_(EventRow.at, EventRow.id) < before)
    return [_entry(row) for row in db.execute(found.order_by(EventRow.at.desc(), EventRow.id.desc()).limit(limit))]


def find(account_id: str, event_id: int) -> Entry | None:
    """One entry of a resident's own."""
    mine = select(*COLUMNS).where(EventRow.id == event_id, EventRow.account_id == account_id)
    row = db.execute(mine).first()
    return _entry(row) if row else None


def _entry(row: Row[Any]) -> Entry:
    return Entry(**(row._asdict() | {"facts": _read(row.facts)}))


def _read(facts: str) -> dict[str, Any]:
    """What the event says. Facts that somebody edited into nonsense are shown as they stand."""
    try:
        return dict(json.loads(facts))
    except (TypeError, ValueError):
        return {"unreadable": repr(facts)}
