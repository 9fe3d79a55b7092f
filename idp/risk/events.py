"""What was strange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class RiskAssessed(Event):
    """Something about an action was strange. ``beacon risk explain`` says what, by ``attempt_id``."""

    kind: ClassVar[str] = "risk.assessed"
    action: str
    attempt_id: str | None
    score: int
    answer: str
