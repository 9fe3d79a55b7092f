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


@dataclass(frozen=True, slots=True)
class RecoveryBegun(Event):
    """Somebody typed the code that was mailed to recover an account, or came from a sign-in with its password."""

    kind: ClassVar[str] = "recovery.begun"
    attempt_id: str


@dataclass(frozen=True, slots=True)
class RecoveryFinished(Event):
    """A recovery reached its end. ``shown`` are the proofs that it rests on, ``reset`` what was set up anew."""

    kind: ClassVar[str] = "recovery.finished"
    attempt_id: str
    shown: tuple[str, ...]
    reset: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecoveryWaits(Event):
    """A recovery of who lost everything began to wait, until ``ready_at`` (seconds since the epoch)."""

    kind: ClassVar[str] = "recovery.waits"
    case_id: str
    ready_at: int


@dataclass(frozen=True, slots=True)
class RecoveryStopped(Event):
    """A recovery that waited was stopped: by a notice's link, from a session, or with all that began lately."""

    kind: ClassVar[str] = "recovery.stopped"
    case_id: str


@dataclass(frozen=True, slots=True)
class RecoveryLapsed(Event):
    """A recovery that waited was not used in time."""

    kind: ClassVar[str] = "recovery.lapsed"
    case_id: str
