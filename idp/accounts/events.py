"""What happened to accounts. Ids only: no address, no name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class AccountOpened(Event):
    """An account was made."""

    kind: ClassVar[str] = "account.opened"
    email_confirmed: bool


@dataclass(frozen=True, slots=True)
class AccountLocked(Event):
    """Nobody may sign in to it any more."""

    kind: ClassVar[str] = "account.locked"


@dataclass(frozen=True, slots=True)
class AccountUnlocked(Event):
    """A lock was taken away."""

    kind: ClassVar[str] = "account.unlocked"


@dataclass(frozen=True, slots=True)
class PasswordChanged(Event):
    """A new password took the place of the old one."""

    kind: ClassVar[str] = "password.changed"


@dataclass(frozen=True, slots=True)
class PasswordRefused(Event):
    """A password was tried and refused; for an unknown address, without an account."""

    kind: ClassVar[str] = "password.refused"


@dataclass(frozen=True, slots=True)
class PasswordDisabled(Event):
    """So many wrong passwords in a row that none is accepted any more (63B section 3.2.2)."""

    kind: ClassVar[str] = "password.disabled"


@dataclass(frozen=True, slots=True)
class CodeRefused(Event):
    """A mailed code was typed wrongly, late or too often. ``holder`` is what the code belongs to (an attempt's id)."""

    kind: ClassVar[str] = "code.refused"
    purpose: str
    holder: str
    why: str
