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


@dataclass(frozen=True, slots=True)
class SessionDrifted(Event):
    """A session turned up in another network and another kind of browser. It stands, but its proof counts as old."""

    kind: ClassVar[str] = "session.drifted"
    session_id: str


@dataclass(frozen=True, slots=True)
class SessionWoken(Event):
    """A session that had only rested goes on as ``session_id``, after a password (63B section 2.2.3)."""

    kind: ClassVar[str] = "session.woken"
    session_id: str
    rested_id: str
