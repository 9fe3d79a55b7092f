"""Observe only: a limit or a rule that stops nobody for now, while whom it would have stopped is noted."""

from __future__ import annotations

from sqlalchemy import delete, select

from idp.kernel import clock, db
from idp.kernel.db import execute, transaction
from idp.kernel.recent import recall, remember
from idp.limits.models import Mode

KIND = "limit_modes"


def observed(name: str) -> bool:
    """Whether the limit or rule ``name`` only observes. At most a second old."""
    return name in recall(KIND, "all", _read)


def observe(name: str) -> None:
    """Let it stop nobody from now on."""
    row = db.insert(Mode).values(name=name, observed_since=clock.now())
    with transaction():
        execute(row.on_conflict_do_nothing())
        remember(KIND, "all", _read())


def enforce(name: str) -> None:
    """Let it work again."""
    with transaction():
        execute(delete(Mode).where(Mode.name == name))
        remember(KIND, "all", _read())


def since() -> dict[str, int]:
    """What only observes, and since when (seconds since the epoch)."""
    return {row.name: row.observed_since for row in execute(select(Mode.name, Mode.observed_since))}


def _read() -> frozenset[str]:
    return frozenset(since())
