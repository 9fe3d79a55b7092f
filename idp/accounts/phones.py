"""Telephones: the numbers that codes may be sent to (NIST SP 800-63B-4 section 3.1.3).

A number counts once a code sent to it came back. What is removed serves for nothing at once, and can be had back for 72
hours from any notice of it, so a thief who removes it gains nothing that lasts. A number that is changed is one that
was added: it is trusted by recovery only after a week (section 3.1.3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update

from idp.accounts import numbers
from idp.accounts.errors import NoSuchPhone, PhoneHeld, TooLateToUndo, TooManyPhones
from idp.accounts.events import PhoneAdded, PhoneMadeMain, PhoneOff, PhoneRemoved, PhoneRestored, PhoneUsed
from idp.accounts.models import Account, Phone
from idp.accounts.notices import announce, note_credentials
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import DAY, HOUR
from idp.kernel.crypto import ResidentKey, new_id
from idp.kernel.db import execute, transaction
from idp.outbox.texts import Channel, queue_text

MOST_FAILURES = 100
"""Wrong codes in a row before a phone must be set up anew (63B section 3.2.2)."""

MOST_PHONES = 5
MOST_SHARERS = 5
"""Accounts that may have one number: a family shares a phone, a fraud ring shares more."""

VETO = 72 * HOUR
NEW_FOR = 7 * DAY

ABOUT = "phone"
"""What the notice of a removal is about, which can be taken back; ``CHANGED`` is about all the rest."""

CHANGED = "phones"


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A resident's phone. ``number`` is E.164; times are seconds since the epoch.

    ``works`` is whether codes can be sent to it; ``off`` says that too many wrong codes were the reason why not.
    ``trusted_from`` is when recovery may begin to rest on it, at once where it is None.
    """

    id: str
    account_id: str
    number: str
    locale: str
    channel: Channel
    is_main: bool
    off: bool
    confirmed_at: int
    used_at: int | None
    trusted_from: int | None
    leaves_at: int | None
    suspended_at: int | None

    @property
    def works(self) -> bool:
        return not self.off and self.leaves_at is None and self.suspended_at is None

    @property
    def trusted(self) -> bool:
        """Whether recovery may rest on it now."""
        return self.works and (self.trusted_from is None or self.trusted_from <= clock.now())

    @property
    def shown(self) -> str:
        """The number as people write it across borders."""
        return numbers.show(self.number)

    @property
    def ending(self) -> str:
        """The last two digits: enough for its owner to know it by, and for nobody else to call it."""
        return self.number[-2:]


_PHONES = select(*Phone.__table__.c, Account.data_key, Account.locale).join(Account, Account.id == Phone.account_id)
_WORKING: tuple[ColumnElement[bool], ...] = (
    Phone.leaves_at.is_(None),
    Phone.suspended_at.is_(None),
    Phone.failures < MOST_FAILURES,
)


def of(account_id: str) -> list[PhoneView]:
    """The phones of an account that are not gone, the main one first."""
    here = or_(Phone.leaves_at.is_(None), Phone.leaves_at > clock.now())
    order = (Phone.is_main.desc(), Phone.confirmed_at, Phone.id)
    return [_view(row) for row in execute(_PHONES.where(Phone.account_id == account_id, here).order_by(*order))]


def usable(account_id: str) -> list[PhoneView]:
    """The phones that codes can be sent to, the main one first."""
    return [phone for phone in of(account_id) if phone.works]


def has_usable(account_id: str) -> bool:
    """Whether there is any, without opening a number."""
    return execute(select(Phone.id).where(Phone.account_id == account_id, *_WORKING).limit(1)).first() is not None


def held(account_id: str) -> bool:
    """Whether an account has a phone at all, even one that is off or out of use."""
    mine = (Phone.account_id == account_id, Phone.leaves_at.is_(None))
    return execute(select(Phone.id).where(*mine).limit(1)).first() is not None


def find(account_id: str, phone_id: str) -> PhoneView:
    """One usable phone of an account. Raises :class:`NoSuchPhone`."""
    row = execute(_PHONES.where(Phone.account_id == account_id, Phone.id == phone_id, *_WORKING)).first()
    if row is None:
        raise NoSuchPhone
    return _view(row)


def confirmed(account_id: str, number: str) -> bool:
    """Whether this number (E.164) is a usable phone of the account."""
    mine = (Phone.account_id == account_id, Phone.lookup == numbers.lookup(number))
    return execute(select(Phone.id).where(*mine, *_WORKING).limit(1)).first() is not None


def demand_room(account_id: str, number: str) -> None:
    """Raise :class:`PhoneHeld` or :class:`TooManyPhones` where a number cannot be added to an account."""
    if confirmed(account_id, number):
        raise PhoneHeld
    held_ = (Phone.account_id == account_id, Phone.leaves_at.is_(None), Phone.lookup != numbers.lookup(number))
    if _count(Phone.id, *held_) >= MOST_PHONES:
        raise TooManyPhones


def keep(key: ResidentKey, number: str, channel: Channel, *, at_sign_up: bool) -> str:
    """Keep a number whose code has come back, tell every address, and return its id.

    The first phone of a new account is trusted at once, like its address. Raises :class:`PhoneHeld` and
    :class:`TooManyPhones`, also for a number that five other accounts have.
    """
    account_id, now, phone_id = key.account_id, clock.now(), new_id()
    with transaction():
        note_credentials(account_id)  # the row that two who add at once wait for
        demand_room(account_id, number)
        _demand_few_sharers(account_id, number)
        execute(delete(Phone).where(Phone.account_id == account_id, Phone.lookup == numbers.lookup(number)))
        first = _count(Phone.id, Phone.account_id == account_id, *_WORKING) == 0
        if first:
            execute(update(Phone).where(Phone.account_id == account_id).values(is_main=False))
        row = {
            "id": phone_id,
            "account_id": account_id,
            "lookup": numbers.lookup(number),
            "sealed": key.seal(ABOUT, number),
            "channel": channel,
            "is_main": first,
            "failures": 0,
            "confirmed_at": now,
            "trusted_from": None if first and at_sign_up else now + NEW_FOR,
        }
        execute(insert(Phone), row)
        record(PhoneAdded(phone_id), account_id=account_id)
        _announce(account_id, phone_id, "added", number)
    return phone_id


def make_main(account_id: str, phone_id: str) -> None:
    """Make one phone the one that codes are offered to first. Raises :class:`NoSuchPhone`."""
    phone = find(account_id, phone_id)
    with transaction():
        execute(update(Phone).where(Phone.account_id == account_id).values(is_main=Phone.id == phone_id))
        record(PhoneMadeMain(phone_id), account_id=account_id)
        _announce(account_id, phone_id, "main", phone.number)


def remove(account_id: str, phone_id: str, *, by_text: bool = True) -> None:
    """Take a phone out of use, and tell every address and, ``by_text``, the phone. It can be had back for 72 hours.

    Raises :class:`NoSuchPhone`.
    """
    phone = next((one for one in of(account_id) if one.id == phone_id), None)
    if phone is None:
        raise NoSuchPhone
    with transaction():
        if not _changed(account_id, phone_id, Phone.leaves_at.is_(None), leaves_at=clock.now() + VETO, is_main=False):
            raise NoSuchPhone
        _choose_main(account_id)
        note_credentials(account_id)
        record(PhoneRemoved(phone_id), account_id=account_id)
        _announce(account_id, phone_id, "removed", phone.number)
        if by_text and phone.works:
            queue_text("accounts/phone_removed", to=phone.number, locale=phone.locale, account_id=account_id)


def restore(account_id: str, phone_id: str | None) -> None:
    """Take back a removal, from the link of its notice or on the resident's page. Raises :class:`TooLateToUndo`."""
    row = execute(_PHONES.where(Phone.account_id == account_id, Phone.id == phone_id)).first()
    with transaction():
        if row is None or not _changed(account_id, row.id, Phone.leaves_at > clock.now(), leaves_at=None):
            raise TooLateToUndo
        _choose_main(account_id)
        note_credentials(account_id)
        record(PhoneRestored(row.id), account_id=account_id)
        _announce(account_id, row.id, "restored", _view(row).number)


def passed(phone: PhoneView, purpose: str) -> None:
    """Note that a code sent to a phone came back: what was typed wrongly before counts no more."""
    with transaction():
        _changed(phone.account_id, phone.id, used_at=clock.now(), failures=0)
        record(PhoneUsed(phone.id, purpose), account_id=phone.account_id)


def failed(phone: PhoneView) -> None:
    """Count a wrong code. The hundredth in a row turns the phone off."""
    mine = (Phone.account_id == phone.account_id, Phone.id == phone.id)
    with transaction():
        more = update(Phone).where(*mine).values(failures=Phone.failures + 1).returning(Phone.failures)
        if execute(more).scalar() == MOST_FAILURES:
            note_credentials(phone.account_id)
            record(PhoneOff(phone.id), account_id=phone.account_id)
            _announce(phone.account_id, phone.id, "off", phone.number)


def quarantine(account_id: str, since: int) -> int:
    """Take out of use what was added since a moment, and have back what was removed since. Returns how many were taken
    out. In the transaction of the deed."""
    for phone in of(account_id):
        if phone.confirmed_at < since and phone.leaves_at is not None and phone.leaves_at - VETO >= since:
            restore(account_id, phone.id)
    new = (Phone.account_id == account_id, Phone.confirmed_at >= since, Phone.suspended_at.is_(None))
    count = execute(update(Phone).where(*new).values(suspended_at=clock.now(), is_main=False)).rowcount
    _choose_main(account_id)
    return count


def erase(account_id: str) -> None:
    """Delete all phones of an account. In the transaction of the deed."""
    execute(delete(Phone).where(Phone.account_id == account_id))


def sweep(limit: int) -> int:
    """Delete phones that were removed and that nobody wanted back in time."""
    gone = select(Phone.id).where(Phone.leaves_at <= clock.now()).limit(limit)
    with transaction():
        return execute(delete(Phone).where(Phone.id.in_(gone))).rowcount


def _demand_few_sharers(account_id: str, number: str) -> None:
    others = (Phone.lookup == numbers.lookup(number), Phone.account_id != account_id, Phone.leaves_at.is_(None))
    if _count(Phone.account_id.distinct(), *others) >= MOST_SHARERS:
        raise TooManyPhones


def _choose_main(account_id: str) -> None:
    """Let the oldest phone that works be the main one where none is."""
    mine = (Phone.account_id == account_id, *_WORKING)
    if execute(select(Phone.id).where(*mine, Phone.is_main)).first() is None:
        oldest = select(Phone.id).where(*mine).order_by(Phone.confirmed_at, Phone.id).limit(1).scalar_subquery()
        execute(update(Phone).where(Phone.id == oldest).values(is_main=True))


def _changed(account_id: str, phone_id: str, *only: ColumnElement[bool], **values: Any) -> bool:
    with transaction():
        mine = (Phone.account_id == account_id, Phone.id == phone_id)
        return execute(update(Phone).where(*mine, *only).values(**values)).rowcount == 1


def _announce(account_id: str, phone_id: str, what: str, number: str) -> None:
    about = ABOUT if what == "removed" else CHANGED
    announce(account_id, f"accounts/phone_{what}", about=about, subject=phone_id, ending=number[-2:])


def _count(what: Any, *where: ColumnElement[bool]) -> int:
    return int(execute(select(func.count(what)).where(*where)).scalar_one())


def _view(row: Row[Any]) -> PhoneView:
    made = {
        "number": ResidentKey(row.account_id, row.data_key).open(ABOUT, row.sealed),
        "off": row.failures >= MOST_FAILURES,
    }
    return PhoneView(**made, **{name: getattr(row, name) for name in PhoneView.__dataclass_fields__.keys() - made})
