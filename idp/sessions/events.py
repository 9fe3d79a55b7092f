"""What happened at the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A session ended before its time."""

    kind: ClassVar[str] = "session.ended"
    session_id: str


@dataclass(frozen=True, slots=True)
class SignedOutEverywhere(Event):
    """All sessions and tokens of a resident ended at once."""

    kind: ClassVar[str] = "session.ended_all"
    sessions: int
    token_families: int


@dataclass(frozen=True, slots=True)
class SignedOutOfApp(Event):
    """A resident signed out of one app, and stays signed in elsewhere."""

    kind: ClassVar[str] = "session.left_app"
    token_families: int
