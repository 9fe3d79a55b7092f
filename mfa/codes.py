"""Recovery codes: made ten at a time, shown once, each spent once, a spent one replaced.

Wrong codes in a row are counted for the set; at 100 it is off until new ones are made (NIST SP 800-63B-4 section
3.2.2). Whoever calls what makes codes has seen two factors (section 3.1.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from idp.accounts.notices import announce, note_credentials
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.crypto import new_id
from idp.kernel.db import execute, insert, transaction
from idp.limits import service as limits
from mfa import events, recovery
from mfa.errors import TurnedOff, WrongRecoveryCode
from mfa.models import RecoveryCode, RecoveryCodeSet

RECOVERY_CODE = "recovery_code"
"""The name of the method."""

ABOUT = "recovery_codes"
"""What notices of this module are about."""

MOST_FAILURES = 100


@dataclass(frozen=True, slots=True)
class Codes:
    """A resident's recovery codes: how many are still good, when they were made, and whether they are ``off``."""

    left: int
    created_at: int
    off: bool
    suspended: bool

    @property
    def work(self) -> bool:
        """Whether one of them is taken."""
        return self.left > 0 and not (self.off or self.suspended)


def codes_of(account_id: str) -> Codes | None:
    """The recovery codes of an account."""
    good = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.spent_at.is_(None))
    columns = (RecoveryCodeSet.created_at, RecoveryCodeSet.failures, RecoveryCodeSet.suspended_at)
    mine = RecoveryCodeSet.account_id == account_id
    row = execute(select(good.scalar_subquery().label("left"), *columns).where(mine)).first()
    if row is None:
        return None
    return Codes(row.left, row.created_at, row.failures >= MOST_FAILURES, row.suspended_at is not None)


def make(account_id: str) -> tuple[str, ...]:
    """Ten new codes, in place of any earlier ones. This is the only time they can be read."""
    codes, salt = recovery.new_codes(), recovery.new_salt()
    digests = [recovery.digest(code.replace("-", ""), salt) for code in codes]
    new = {"salt": salt, "failures": 0, "created_at": clock.now(), "suspended_at": None}
    with transaction():
        kept = insert(RecoveryCodeSet).values(account_id=account_id, **new)
        execute(kept.on_conflict_do_update(index_elements=["account_id"], set_=new))
        execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        rows = [{"id": new_id(), "account_id": account_id, "digest": digest} for digest in digests]
        execute(insert(RecoveryCode), rows)
        note_credentials(account_id)
        record(events.RecoveryCodesMade(len(codes)), account_id=account_id)
        announce(account_id, "mfa/recovery_codes_made", about=ABOUT)
    return codes


def replace_used(account_id: str) -> str | None:
    """One new code in the place of one that was used, where one is missing. It can be read only now.

    The set counts as made now: who disowns the use takes the new code out of use as well.
    """
    salt = execute(select(RecoveryCodeSet.salt).where(RecoveryCodeSet.account_id == account_id)).scalar()
    code = recovery.new_codes()[0]
    digest = recovery.digest(code.replace("-", ""), salt) if salt is not None else b""
    with transaction():
        same = (RecoveryCodeSet.account_id == account_id, RecoveryCodeSet.salt == salt)
        standing = execute(update(RecoveryCodeSet).where(*same).values(created_at=clock.now())).rowcount == 1
        codes = codes_of(account_id)
        if not standing or codes is None or codes.suspended or codes.left >= recovery.COUNT:
            return None
        execute(insert(RecoveryCode).values(id=new_id(), account_id=account_id, digest=digest))
        note_credentials(account_id)
        record(events.RecoveryCodeReplaced(), account_id=account_id)
    return code


def spend(account_id: str, typed: str, *, network: str, known: str = "") -> None:
    """Spend one of the resident's recovery codes, typed in any case and spacing. ``known`` is the id of a browser that
    the account knows, which has a budget of its own.

    Raises ``Throttled``, :class:`TurnedOff`, and :class:`WrongRecoveryCode` for a wrong or used code.
    """
    limits.spend("recovery_code", account=account_id, network=network, known=known)
    kept = execute(select(RecoveryCodeSet.__table__).where(RecoveryCodeSet.account_id == account_id)).first()
    if kept is None or kept.suspended_at is not None:
        raise WrongRecoveryCode
    if kept.failures >= MOST_FAILURES:
        raise TurnedOff
    code = recovery.normalised(typed)
    digest = recovery.digest(code, kept.salt) if code else None
    if digest is None or not _spend_digest(account_id, digest):
        _refuse(account_id, counted=digest is None or not _was_good(account_id, digest))
        raise WrongRecoveryCode
    limits.forgive("recovery_code", account=account_id, network=network, known=known)


def quarantine(account_id: str, since: int) -> int:
    """Take a set out of use that was made since a moment (seconds since the epoch); returns how many."""
    new = (RecoveryCodeSet.account_id == account_id, RecoveryCodeSet.created_at >= since)
    with transaction():
        fresh = update(RecoveryCodeSet).where(*new, RecoveryCodeSet.suspended_at.is_(None))
        return execute(fresh.values(suspended_at=clock.now())).rowcount


def erase(account_id: str) -> None:
    """Delete all that an account has."""
    with transaction():
        execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        execute(delete(RecoveryCodeSet).where(RecoveryCodeSet.account_id == account_id))


def _was_good(account_id: str, digest: bytes) -> bool:
    mine = (RecoveryCode.account_id == account_id, RecoveryCode.digest == digest)
    return execute(select(RecoveryCode.id).where(*mine)).first() is not None


def _spend_digest(account_id: str, digest: bytes) -> bool:
    usable = select(RecoveryCodeSet.account_id).where(
        RecoveryCodeSet.account_id == account_id,
        RecoveryCodeSet.failures < MOST_FAILURES,
        RecoveryCodeSet.suspended_at.is_(None),
    )
    with transaction():
        spent = execute(
            update(RecoveryCode)
            .where(RecoveryCode.account_id.in_(usable), RecoveryCode.digest == digest, RecoveryCode.spent_at.is_(None))
            .values(spent_at=clock.now())
        )
        if spent.rowcount != 1:
            return False
        execute(update(RecoveryCodeSet).where(RecoveryCodeSet.account_id == account_id).values(failures=0))
        left = codes.left if (codes := codes_of(account_id)) else 0
        record(events.RecoveryCodeUsed(left), account_id=account_id)
        announce(account_id, "mfa/recovery_code_used", about=ABOUT, left=left)
        return True


def _refuse(account_id: str, *, counted: bool) -> None:
    with transaction():
        record(events.CodeRefused(RECOVERY_CODE), account_id=account_id)
        if not counted:
            return
        mine = update(RecoveryCodeSet).where(RecoveryCodeSet.account_id == account_id)
        more = mine.values(failures=RecoveryCodeSet.failures + 1).returning(RecoveryCodeSet.failures)
        if execute(more).scalar() == MOST_FAILURES:
            record(events.MethodTurnedOff(RECOVERY_CODE), account_id=account_id)
            announce(account_id, "mfa/turned_off", about=ABOUT, method=RECOVERY_CODE)
