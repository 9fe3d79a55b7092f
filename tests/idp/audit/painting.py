"""An event of the tests' own, and what they do to the trail behind Beacon's back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select, update

from idp.audit.events import Event
from idp.audit.models import EventRow
from idp.audit.service import record
from idp.kernel import db


@dataclass(frozen=True, slots=True)
class DoorPainted(Event):
    """A door got a colour."""

    kind: ClassVar[str] = "test.door_painted"
    colour: str
    coats: int = 1
    rooms: tuple[str, ...] = ()
    dry: bool = False


def paint(count: int) -> None:
    """Record ``count`` events."""
    for coats in range(count):
        record(DoorPainted("blue", coats))


def trail() -> list[Any]:
    """All rows, oldest first."""
    return list(db.execute(select(EventRow.__table__).order_by(EventRow.id)).all())


def tamper(position: int, /, **values: Any) -> None:
    """Change columns of the row at ``position``, as someone with the database's password would."""
    with db.transaction():
        changed = db.execute(update(EventRow).where(EventRow.position == position).values(**values))
    assert changed.rowcount == 1
