"""What happened at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class ProfileChanged(Event):
    """A resident's attributes were written or removed. ``fields`` are their names, never their values."""

    kind: ClassVar[str] = "profile.changed"
    fields: tuple[str, ...]
    method: str
