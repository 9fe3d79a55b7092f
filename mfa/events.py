"""What happens to second factors. ``method`` is the name of an authentication method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class AuthenticatorAdded(Event):
    """An authenticator app was set up; ``replaced`` says whether it took the place of another."""

    kind: ClassVar[str] = "mfa.authenticator_added"
    authenticator: str
    replaced: bool


@dataclass(frozen=True, slots=True)
class CodeAccepted(Event):
    """A code was right and is spent."""

    kind: ClassVar[str] = "mfa.code_accepted"
    method: str


@dataclass(frozen=True, slots=True)
class CodeRefused(Event):
    """A code was wrong or used already."""

    kind: ClassVar[str] = "mfa.code_refused"
    method: str


@dataclass(frozen=True, slots=True)
class MethodTurnedOff(Event):
    """Too many wrong codes in a row: the method must be set up anew."""

    kind: ClassVar[str] = "mfa.method_turned_off"
    method: str


@dataclass(frozen=True, slots=True)
class RecoveryCodesMade(Event):
    """A set of recovery codes was made, and any earlier one ended."""

    kind: ClassVar[str] = "mfa.recovery_codes_made"
    count: int


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Event):
    """A recovery code was spent; ``left`` are still good."""

    kind: ClassVar[str] = "mfa.recovery_code_used"
    left: int
