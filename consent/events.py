"""What residents decided. Claims by name, never their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class ConsentGiven(Event):
    """A resident let an app see claims."""

    kind: ClassVar[str] = "consent.given"
    decision_id: str
    asked: tuple[str, ...]
    granted: tuple[str, ...]
    offline: bool


@dataclass(frozen=True, slots=True)
class ConsentDeclined(Event):
    """A resident said no to an app's request."""

    kind: ClassVar[str] = "consent.declined"
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentChanged(Event):
    """A resident changed what an app may see."""

    kind: ClassVar[str] = "consent.changed"
    decision_id: str
    granted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    """A resident stopped sharing with an app; its tokens ended with that."""

    kind: ClassVar[str] = "consent.withdrawn"
    token_families: int


@dataclass(frozen=True, slots=True)
class ConsentExpired(Event):
    """The time of a decision was over; the app's tokens ended with it."""

    kind: ClassVar[str] = "consent.expired"
    token_families: int
