"""The chain over the trail: each event sealed together with the seal before it.

Events are written unsealed, so that no deed waits for another. The worker gives them positions later, in the order of
their ids among those it finds; an event committed late, with a smaller id than one sealed already, simply comes next.
Each seal is HMAC-SHA-256 over the seal before and every column of the row, under a key that is not in the database.
The head of the chain is sealed too, so a tail that was cut off is missed. It is made once, together with the database:
without it nothing is sealed any more and nothing counts as sound. Someone who puts a whole older copy of the database
back can only be caught from outside: the worker's log carries each new head.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Row, Text, bindparam, cast, func, or_, select, type_coerce, update
from sqlalchemy.types import NullType

from idp.audit.models import ChainHead, EventRow
from idp.kernel import db
from idp.kernel.crypto import keyring, same
from idp.kernel.errors import Misconfigured
from idp.kernel.logs import log

HEAD = 1
START = b"\0" * 32
CHUNK = 1000
LOWEST, HIGHEST = -(2**63), 2**63 - 1
FACTS_AS_KEPT = cast(EventRow.facts, Text).label("facts")
"""The text in the database, which is JSON only until somebody edits it."""

SEALED_COLUMNS = (
    EventRow.id,
    EventRow.at,
    EventRow.kind,
    EventRow.account_id,
    EventRow.client_id,
    EventRow.actor,
    EventRow.reason,
    FACTS_AS_KEPT,
)
UNSEALED = select(*SEALED_COLUMNS).where(EventRow.position.is_(None))
SEALED = select(*SEALED_COLUMNS, EventRow.position, type_coerce(EventRow.seal, NullType).label("seal"))
SEAL_ROW = (
    update(EventRow)
    .where(EventRow.id == bindparam("row_id"), EventRow.position.is_(None))
    .values(position=bindparam("row_position"), seal=bindparam("row_seal"))
)

Harm = Literal["edited", "removed", "reordered", "foreign", "head"]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the trail is not what was sealed.

    ``harm``: a row was ``edited``; a row was ``removed``; a row was moved to another position (``reordered``); a row
    carries a position that was never given (``foreign``); or the ``head`` was changed or taken away.
    """

    harm: Harm
    position: int
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What :func:`verify` found: how many events hold, how many wait to be sealed, the head, and the first harm."""

    checked: int
    unsealed: int
    position: int
    seal: str
    broken: Broken | None

    @property
    def sound(self) -> bool:
        """Whether nothing sealed was touched."""
        return self.broken is None


@dataclass(frozen=True, slots=True)
class _Head:
    position: int
    seal: bytes
    head_seal: bytes

    @classmethod
    def at(cls, position: int, seal: bytes) -> _Head:
        return cls(position, seal, keyring().keyed("audit", f"head {position} {seal.hex()}"))

    @property
    def genuine(self) -> bool:
        return same(_Head.at(self.position, self.seal).head_seal, self.head_seal)


def begin() -> None:
    """Make the head of an empty chain: once, when the database is made."""
    with db.transaction():
        db.execute(db.insert(ChainHead).values(id=HEAD, **asdict(_Head.at(0, START))))


def seal(limit: int = CHUNK) -> int:
    """Seal at most ``limit`` waiting events, in one transaction; return how many.

    The head is read before the rows and moves by one conditional update, so of two workers one seals and one does
    nothing. Raises :class:`Misconfigured` when the head is gone.
    """
    if (old := _head()) is None:
        raise Misconfigured("The head of the audit chain is gone. Run: beacon audit verify")
    if not (rows := db.execute(UNSEALED.order_by(EventRow.id).limit(limit)).all()):
        return 0
    links, new = _links(old, rows)
    with db.transaction():
        if not _move_head(old, new):
            return 0
        db.execute(SEAL_ROW, links)
    log().info("audit sealed", count=len(rows), position=new.position, detail=new.seal.hex())
    return len(rows)


def verify() -> Verdict:
    """Walk the whole chain and report the first row that was edited, removed, reordered or put in."""
    unsealed = db.execute(select(func.count()).select_from(EventRow).where(EventRow.position.is_(None))).scalar_one()
    head = _head() or _Head(0, START, head_seal=b"")
    checked, broken = _walk(head) if head.genuine else (0, Broken("head", head.position))
    return Verdict(checked, unsealed, head.position, head.seal.hex(), broken or _foreign())


def _head() -> _Head | None:
    row = db.execute(select(ChainHead.position, ChainHead.seal, ChainHead.head_seal)).one_or_none()
    return None if row is None else _Head(*tuple(row))


def _links(head: _Head, rows: Sequence[Row[Any]]) -> tuple[list[dict[str, Any]], _Head]:
    """What to write into each row, and the head after the last of them."""
    position, last, links = head.position, head.seal, []
    for row in rows:
        position, last = position + 1, _seal_of(row, position + 1, last)
        links.append({"row_id": row.id, "row_position": position, "row_seal": last})
    return links, _Head.at(position, last)


def _move_head(old: _Head, new: _Head) -> bool:
    forward = update(ChainHead).where(ChainHead.id == HEAD, ChainHead.position == old.position)
    return db.execute(forward.values(**asdict(new))).rowcount == 1


def _seal_of(row: Row[Any], position: int, before: bytes) -> bytes:
    facts = {column.key: getattr(row, column.key) for column in SEALED_COLUMNS} | {"position": position}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=repr)
    return keyring().keyed("audit", before.hex() + text)


def _holds(row: Row[Any], position: int, before: bytes) -> bool:
    """Whether the row is what was sealed at ``position``, whatever somebody may have put in place of its seal."""
    return isinstance(row.seal, bytes) and same(_seal_of(row, position, before), row.seal)


def _sealed(after: int, until: int) -> Iterator[Row[Any]]:
    """The rows of positions after ``after`` up to ``until``, in order, a chunk at a time."""
    while rows := db.execute(
        SEALED.where(EventRow.position > after, EventRow.position <= until).order_by(EventRow.position).limit(CHUNK)
    ).all():
        yield from rows
        after = rows[-1].position


def _walk(head: _Head) -> tuple[int, Broken | None]:
    position, before = 0, START
    for row in _sealed(0, head.position):
        if row.position != position + 1:
            break
        if not _holds(row, row.position, before):
            return position, _misplaced(position + 1, before) or Broken("edited", row.position, row.id)
        position, before = row.position, row.seal
    if position < head.position:
        return position, _misplaced(position + 1, before) or Broken("removed", position + 1)
    return position, None if same(before, head.seal) else Broken("head", head.position)


def _misplaced(position: int, before: bytes) -> Broken | None:
    """The row that belongs at ``position``, when it stands somewhere else."""
    everywhere = (row for row in _sealed(LOWEST, HIGHEST) if row.position != position)
    found = next((row for row in everywhere if _holds(row, position, before)), None)
    return None if found is None else Broken("reordered", found.position, found.id)


def _foreign() -> Broken | None:
    """A row with a position that was never given; read with the head in one statement, so that sealing can go on."""
    last = select(ChainHead.position).scalar_subquery()
    never_given = or_(EventRow.position < 1, EventRow.position > last)
    strange = select(EventRow.position, EventRow.id).where(never_given)
    row = db.execute(strange.order_by(EventRow.position).limit(1)).one_or_none()
    return None if row is None else Broken("foreign", row.position, row.id)
