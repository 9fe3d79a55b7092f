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
class AccountFrozen(Event):
    """Its resident stopped every use of it."""

    kind: ClassVar[str] = "account.frozen"


@dataclass(frozen=True, slots=True)
class AccountReleased(Event):
    """A frozen account is in use again."""

    kind: ClassVar[str] = "account.released"


@dataclass(frozen=True, slots=True)
class AccountClosing(Event):
    """It will be erased at ``closes_at`` (seconds since the epoch), unless it is kept."""

    kind: ClassVar[str] = "account.closing"
    closes_at: int


@dataclass(frozen=True, slots=True)
class AccountKept(Event):
    """An account that was closing stays."""

    kind: ClassVar[str] = "account.kept"


@dataclass(frozen=True, slots=True)
class AccountErased(Event):
    """The resident's key was destroyed, and all that the account held. ``approved_by`` is empty where it had closed."""

    kind: ClassVar[str] = "account.erased"
    approved_by: str


@dataclass(frozen=True, slots=True)
class AccountDisavowed(Event):
    """Somebody said that what happened from ``since`` on (seconds since the epoch) was not the resident.

    ``sessions`` ended; ``quarantined`` names what was taken out of use, with counts, such as ``passkeys 1``.
    """

    kind: ClassVar[str] = "account.disavowed"
    since: int
    sessions: int
    quarantined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactorResetBegun(Event):
    """An operator began a recovery for a resident who lost ``method``. Only the resident can finish it."""

    kind: ClassVar[str] = "account.reset_begun"
    method: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class NoticeAnswered(Event):
    """Somebody answered the notice of a change by its link: ``stop``, ``secure`` or ``freeze``."""

    kind: ClassVar[str] = "notice.answered"
    about: str
    answer: str


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


@dataclass(frozen=True, slots=True)
class EmailAdded(Event):
    """An email address was confirmed and is part of the account."""

    kind: ClassVar[str] = "email.added"
    address_id: str


@dataclass(frozen=True, slots=True)
class EmailMainChanged(Event):
    """Another of the resident's addresses became the main one."""

    kind: ClassVar[str] = "email.main_changed"
    address_id: str


@dataclass(frozen=True, slots=True)
class EmailRemoved(Event):
    """An email address was removed. It hears what happens for 72 hours, if it stood for more than seven days."""

    kind: ClassVar[str] = "email.removed"
    address_id: str


@dataclass(frozen=True, slots=True)
class EmailKept(Event):
    """The removal of an email address was undone, by its resident or by its veto."""

    kind: ClassVar[str] = "email.kept"
    address_id: str


@dataclass(frozen=True, slots=True)
class EmailSuspended(Event):
    """A new email address was taken out of use by a veto or with all that was added since a moment."""

    kind: ClassVar[str] = "email.suspended"
    address_id: str


@dataclass(frozen=True, slots=True)
class EmailChosen(Event):
    """A resident chose which of their addresses an app receives: ``address_id``, or the main one where it is empty."""

    kind: ClassVar[str] = "email.chosen"
    address_id: str


@dataclass(frozen=True, slots=True)
class LanguageChanged(Event):
    """A resident chose the language of our pages and letters."""

    kind: ClassVar[str] = "account.language_changed"


@dataclass(frozen=True, slots=True)
class CodeTexted(Event):
    """A code was sent to a telephone in ``country`` (ISO 3166-1). ``channel`` is ``text`` or ``voice``."""

    kind: ClassVar[str] = "code.texted"
    purpose: str
    channel: str
    country: str


@dataclass(frozen=True, slots=True)
class TextsHalted(Event):
    """So few codes came back from a block of numbers that none is sent to it for an hour.

    ``block`` is their common beginning, without the last four digits.
    """

    kind: ClassVar[str] = "code.texts_halted"
    block: str
    sent: int
    returned: int


@dataclass(frozen=True, slots=True)
class PhoneAdded(Event):
    """A number was confirmed by a code. ``phone`` is its id."""

    kind: ClassVar[str] = "phone.added"
    phone: str


@dataclass(frozen=True, slots=True)
class PhoneMadeMain(Event):
    """Codes are offered to this phone first."""

    kind: ClassVar[str] = "phone.made_main"
    phone: str


@dataclass(frozen=True, slots=True)
class PhoneOff(Event):
    """So many wrong codes in a row that none is sent to this phone any more (63B section 3.2.2)."""

    kind: ClassVar[str] = "phone.off"
    phone: str


@dataclass(frozen=True, slots=True)
class PhoneRemoved(Event):
    """A phone was taken out of use, and can be had back for 72 hours."""

    kind: ClassVar[str] = "phone.removed"
    phone: str


@dataclass(frozen=True, slots=True)
class PhoneRestored(Event):
    """The removal of a phone was taken back."""

    kind: ClassVar[str] = "phone.restored"
    phone: str


@dataclass(frozen=True, slots=True)
class PhoneUsed(Event):
    """A code that was sent to a phone came back. ``purpose`` is what for."""

    kind: ClassVar[str] = "phone.used"
    phone: str
    purpose: str
