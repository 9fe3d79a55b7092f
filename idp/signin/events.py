"""What happened in the hall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class SessionOpened(Event):
    """A resident signed in. ``methods`` are the names of the methods passed."""

    kind: ClassVar[str] = "session.opened"
    session_id: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionConfirmed(Event):
    """A resident proved again who they are, on a session that stands."""

    kind: ClassVar[str] = "session.confirmed"
    session_id: str
    methods: tuple[str, ...]
