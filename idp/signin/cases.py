"""The guarded slow way back for who lost everything: a wait that every address hears of, and that anybody there stops.

The mail alone can never be enough for an account that had two factors. So the code by mail only begins a wait. It is
told at the start, in the middle and at the end, each time with a link that stops it, and only when all three were told
may it be used (NIST SP 800-63B-4 sections 4.2.2.1 and 4.6; the wait is our own, see docs/decisions/0026-recovery.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, delete, exists, not_, or_, select, update

from idp.accounts import known, notices, phones
from idp.accounts.models import Account, EmailAddress, Phone
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import DAY, HOUR
from idp.kernel.contracts import Label
from idp.kernel.crypto import new_id
from idp.kernel.db import execute, insert, transaction
from idp.kernel.settings import settings
from idp.outbox.service import TEXT
from idp.outbox.texts import channels, queue_text
from idp.signin.errors import TooLateToStop
from idp.signin.events import RecoveryLapsed, RecoveryStopped, RecoveryWaits
from idp.signin.models import RecoveryCase

ABOUT = "recovery"
READY_FOR = DAY
SHORTEST, USUAL, LONGEST = 24, 48, 72
LATELY = 7 * DAY
RECOVERED_LATELY = 30 * DAY
KEPT_FOR = 90 * DAY
START, MIDDLE, END = 1, 2, 3
"""What ``told`` counts."""

LETTERS = {START: "signin/recovery_waits", MIDDLE: "signin/recovery_still_waits", END: "signin/recovery_ready"}

_STANDING = (RecoveryCase.stopped_at.is_(None), RecoveryCase.finished_at.is_(None))


@dataclass(frozen=True, slots=True)
class Case:
    """A recovery that waits. Times are seconds since the epoch; ``ready`` is whether it can be used now."""

    id: str
    account_id: str
    started_at: int
    ready_at: int
    expires_at: int
    told: int

    @property
    def ready(self) -> bool:
        """Whether the wait is over, all was told, and there is still time."""
        return self.told == END and self.ready_at <= clock.now() < self.expires_at


def wait(*, known_browser: bool, changed_lately: bool) -> int:
    """How long the slow way takes, in seconds: less in a browser that the resident has used, more after a change."""
    hours = USUAL - 24 * known_browser + 24 * changed_lately
    return min(max(hours, SHORTEST), LONGEST) * HOUR


def standing(account_id: str) -> Case | None:
    """The case of an account that waits or is ready, if there is one."""
    query = select(*(getattr(RecoveryCase, name) for name in Case.__dataclass_fields__))
    row = execute(query.where(RecoveryCase.account_id == account_id, *_STANDING, *_in_time())).mappings().first()
    return Case(**row) if row else None


def alert(account_id: str) -> Label | None:
    """What account home says while a case stands."""
    return _l("Somebody asked to recover your account.") if standing(account_id) else None


def begin(account_id: str, shown: str) -> Case:
    """Let the wait begin, or return the case that stands: there is one at a time. ``shown`` is what the browser shows
    of earlier sign-ins."""
    now = clock.now()
    ready_at = now + wait(known_browser=_knows(account_id, shown), changed_lately=_changed_lately(account_id))
    case = Case(new_id(), account_id, now, ready_at, ready_at + READY_FOR, START)
    row = {name: getattr(case, name) for name in Case.__dataclass_fields__}
    with transaction():
        _lapse(RecoveryCase.account_id == account_id)
        if execute(insert(RecoveryCase).values(row).on_conflict_do_nothing()).rowcount == 1:
            record(RecoveryWaits(case_id=case.id, ready_at=ready_at), account_id=account_id)
            _tell(case)
    return standing(account_id) or case


def stop(account_id: str, case_id: str | None = None) -> None:
    """Stop a recovery, or whichever stands. The account stays as it was. Raises :class:`TooLateToStop`."""
    only = [RecoveryCase.id == case_id] if case_id else []
    with transaction():
        stopped = _close(RecoveryCase.account_id == account_id, *only, *_in_time())
        if not stopped:
            raise TooLateToStop
        record(RecoveryStopped(case_id=stopped[0]), account_id=account_id)
        notices.announce(account_id, "signin/recovery_stopped", about="recovery_stopped")


def use(account_id: str) -> bool:
    """Spend the case that is ready. Whether there was one, and this was who did."""
    now = clock.now()
    with transaction():
        spent = execute(
            update(RecoveryCase)
            .where(
                RecoveryCase.account_id == account_id,
                *_STANDING,
                RecoveryCase.told == END,
                RecoveryCase.ready_at <= now,
                RecoveryCase.expires_at > now,
            )
            .values(finished_at=now)
        )
        return spent.rowcount == 1


def remember(account_id: str, began_at: int) -> None:
    """Note a recovery that needed no wait: another one soon after takes longer."""
    now = clock.now()
    row = Case(new_id(), account_id, began_at, now, now, END)
    with transaction():
        facts = {name: getattr(row, name) for name in Case.__dataclass_fields__}
        execute(insert(RecoveryCase).values(**facts, finished_at=now))


def quarantine(account_id: str, since: int) -> int:
    """Stop what began since a moment. Returns how many."""
    stopped = _close(RecoveryCase.account_id == account_id, RecoveryCase.started_at >= since)
    for case_id in stopped:
        record(RecoveryStopped(case_id=case_id), account_id=account_id)
    return len(stopped)


def sweep(limit: int) -> int:
    """Tell the middle and the end of waits, each once; close those whose time is over, and forget old ones."""
    now = clock.now()
    half = (RecoveryCase.started_at + RecoveryCase.ready_at) / 2
    due = or_(
        (RecoveryCase.told == START) & (half <= now),
        (RecoveryCase.told == MIDDLE) & (RecoveryCase.ready_at <= now),
    )
    query = select(*(getattr(RecoveryCase, name) for name in Case.__dataclass_fields__))
    cases = [Case(**row) for row in execute(query.where(*_STANDING, *_in_time(), due).limit(limit)).mappings()]
    return sum(_tell_next(case) for case in cases) + _lapse() + _forget(limit)


def _tell_next(case: Case) -> bool:
    """Tell what comes next, unless another worker just did."""
    with transaction():
        mine = (RecoveryCase.id == case.id, RecoveryCase.told == case.told, *_STANDING)
        if execute(update(RecoveryCase).where(*mine).values(told=case.told + 1)).rowcount != 1:
            return False
        _tell(Case(case.id, case.account_id, case.started_at, case.ready_at, case.expires_at, case.told + 1))
    return True


def _tell(case: Case) -> None:
    link = url_for("signin.recover", _external=True)
    words = {"ready_at": case.ready_at, "expires_at": case.expires_at, "link": link}
    notices.announce(case.account_id, LETTERS[case.told], about=ABOUT, subject=case.id, **words)
    if TEXT in channels(settings()):
        for phone in phones.usable(case.account_id):
            if phone.channel == TEXT:
                queue_text(LETTERS[case.told], to=phone.number, locale=phone.locale, account_id=case.account_id)


def _lapse(*only: Any) -> int:
    over = RecoveryCase.expires_at <= clock.now()
    with transaction() as connection:
        lapsed = connection.execute(
            update(RecoveryCase)
            .where(over, *_STANDING, *only)
            .values(stopped_at=clock.now())
            .returning(RecoveryCase.id, RecoveryCase.account_id)
        ).all()
        for row in lapsed:
            record(RecoveryLapsed(case_id=row.id), account_id=row.account_id)
    return len(lapsed)


def _forget(limit: int) -> int:
    old = select(RecoveryCase.id).where(RecoveryCase.ready_at < clock.now() - KEPT_FOR, not_(and_(*_STANDING)))
    with transaction() as connection:
        return connection.execute(delete(RecoveryCase).where(RecoveryCase.id.in_(old.limit(limit)))).rowcount


def _close(*conditions: Any) -> list[str]:
    statement = update(RecoveryCase).where(*_STANDING, *conditions).values(stopped_at=clock.now())
    with transaction() as connection:
        return list(connection.execute(statement.returning(RecoveryCase.id)).scalars())


def _in_time() -> tuple[Any, ...]:
    return (RecoveryCase.expires_at > clock.now(),)


def _knows(account_id: str, shown: str) -> bool:
    """Whether the resident has used this browser for a day or more."""
    remembered = execute(select(Account.browsers_since).where(Account.id == account_id)).scalar()
    since = known.known_since(account_id, shown, remembered)
    return since is not None and since <= clock.now() - DAY


def _changed_lately(account_id: str) -> bool:
    """Whether an address, a phone or a way to sign in changed in the last week, or the account was recovered lately."""
    since = clock.now() - LATELY
    mail = exists().where(
        EmailAddress.account_id == account_id,
        or_(EmailAddress.created_at > since, EmailAddress.leaves_at.is_not(None)),
    )
    phone = exists().where(
        Phone.account_id == account_id, or_(Phone.confirmed_at > since, Phone.leaves_at.is_not(None))
    )
    credential = exists().where(Account.id == account_id, Account.credentials_changed_at > since)
    recovered = exists().where(
        RecoveryCase.account_id == account_id, RecoveryCase.finished_at > clock.now() - RECOVERED_LATELY
    )
    return bool(execute(select(or_(mail, phone, credential, recovered))).scalar())
