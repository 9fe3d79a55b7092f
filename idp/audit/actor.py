"""Who acts, and why: read by every event that is recorded meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NOBODY = ("system", "")
NOT_STAFF = ("system", "resident", "app")
"""Actors who are no operators: every other name is one's."""

_actor: ContextVar[tuple[str, str]] = ContextVar("actor", default=NOBODY)


@contextmanager
def acting(name: str, reason: str = "") -> Iterator[None]:
    """Let ``name`` be the actor within the block: ``resident``, or an operator with the reason they gave."""
    before = _actor.set((name, reason))
    try:
        yield
    finally:
        _actor.reset(before)


def actor() -> tuple[str, str]:
    """The name and the reason; ``system`` without a reason where nobody was named."""
    return _actor.get()
