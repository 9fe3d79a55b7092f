"""What every event of every room is made of. Each room keeps its own kinds in its ``events.py``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

Fact = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, such as ``account.locked``.

    ``kind`` is a room's word and a verb in the past, at most 64 characters. Fields hold only facts that are not
    personal: names of fields, never their values; no address, no secret.
    """

    kind: ClassVar[str]

    def facts(self) -> dict[str, Fact]:
        """The fields by name, as they are written into the trail."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
