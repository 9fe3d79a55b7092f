"""What staff should hear of the limits. Names of limits and counts: no network, no account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.kernel.events import Event


@dataclass(frozen=True, slots=True)
class NetworkAlarm(Event):
    """More than ``accounts`` different accounts failed from one network: somebody tries passwords or codes on many."""

    kind: ClassVar[str] = "limit.network_alarm"
    limit: str
    accounts: int


@dataclass(frozen=True, slots=True)
class SprayNoticed(Event):
    """One wrong secret was tried on ``accounts`` different accounts within minutes."""

    kind: ClassVar[str] = "limit.spray_noticed"
    limit: str
    accounts: int


@dataclass(frozen=True, slots=True)
class LimitObserved(Event):
    """An operator told a limit or a rule to stop nobody, and only to note whom it would have stopped."""

    kind: ClassVar[str] = "limit.observed"
    limit: str


@dataclass(frozen=True, slots=True)
class LimitEnforced(Event):
    """An operator told a limit or a rule to work again."""

    kind: ClassVar[str] = "limit.enforced"
    limit: str
