"""What happens to second factors. ``method`` is the name of an authentication method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class AuthenticatorAdded(Event):
    """An authenticator app was set up."""

    kind: ClassVar[str] = "mfa.authenticator_added"
    authenticator: str


@dataclass(frozen=True, slots=True)
class AuthenticatorRenamed(Event):
    """An authenticator app got another name."""

    kind: ClassVar[str] = "mfa.authenticator_renamed"
    authenticator: str


@dataclass(frozen=True, slots=True)
class AuthenticatorLeaves(Event):
    """An authenticator app will be removed, unless that is stopped before ``at`` (seconds since the epoch)."""

    kind: ClassVar[str] = "mfa.authenticator_leaves"
    authenticator: str
    at: int


@dataclass(frozen=True, slots=True)
class AuthenticatorKept(Event):
    """The removal of an authenticator app was stopped."""

    kind: ClassVar[str] = "mfa.authenticator_kept"
    authenticator: str


@dataclass(frozen=True, slots=True)
class AuthenticatorRemoved(Event):
    """An authenticator app was removed."""

    kind: ClassVar[str] = "mfa.authenticator_removed"
    authenticator: str


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
class CodeSentTwice(Event):
    """A code that was spent was sent again from another browser: somebody may have seen it."""

    kind: ClassVar[str] = "mfa.code_sent_twice"
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
class RecoveryCodeReplaced(Event):
    """A new recovery code was made in the place of one that was used."""

    kind: ClassVar[str] = "mfa.recovery_code_replaced"


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Event):
    """A recovery code was spent; ``left`` are still good."""

    kind: ClassVar[str] = "mfa.recovery_code_used"
    left: int


@dataclass(frozen=True, slots=True)
class PasskeyAdded(Event):
    """A passkey or security key was added; ``method`` is what it serves as."""

    kind: ClassVar[str] = "mfa.passkey_added"
    passkey: str
    method: str


@dataclass(frozen=True, slots=True)
class PasskeyAccepted(Event):
    """A passkey or security key was used; ``method`` is what it proved."""

    kind: ClassVar[str] = "mfa.passkey_accepted"
    passkey: str
    method: str


@dataclass(frozen=True, slots=True)
class PasskeyRefused(Event):
    """An answer in the name of a passkey proved nothing, and counts towards turning it off."""

    kind: ClassVar[str] = "mfa.passkey_refused"
    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyRegressed(Event):
    """A passkey's counter went backwards, as a copy's would; the answer was refused."""

    kind: ClassVar[str] = "mfa.passkey_regressed"
    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyRenamed(Event):
    """A passkey got another name."""

    kind: ClassVar[str] = "mfa.passkey_renamed"
    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyLeaves(Event):
    """A passkey will be removed, unless that is stopped before ``at`` (seconds since the epoch)."""

    kind: ClassVar[str] = "mfa.passkey_leaves"
    passkey: str
    at: int


@dataclass(frozen=True, slots=True)
class PasskeyKept(Event):
    """The removal of a passkey was stopped."""

    kind: ClassVar[str] = "mfa.passkey_kept"
    passkey: str


@dataclass(frozen=True, slots=True)
class PasskeyRemoved(Event):
    """A passkey was removed."""

    kind: ClassVar[str] = "mfa.passkey_removed"
    passkey: str
