"""What happened to signing keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class KeyPublished(Event):
    """A key was made and published; it signs from ``active_at``."""

    kind: ClassVar[str] = "key.published"
    kid: str
    alg: str
    active_at: int


@dataclass(frozen=True, slots=True)
class KeyRetired(Event):
    """A key stopped signing; it stays published until ``removed_at``."""

    kind: ClassVar[str] = "key.retired"
    kid: str
    removed_at: int
