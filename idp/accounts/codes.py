"""Codes sent to an address. Each is for one purpose and one holder, and works once.

Six digits from the system's generator; five wrong entries end a code. The limit ``mailed_code`` counts over all codes
of an address, so that asking for a new one buys no more guesses than the limit allows (63B sections 3.1.3.2, 3.8).
"""

from __future__ import annotations

from unicodedata import decimal

from sqlalchemy import delete, insert, select, update

from idp.accounts.errors import CodeExhausted, CodeExpired, WrongCode
from idp.accounts.events import CodeRefused
from idp.accounts.models import OneTimeCode
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.crypto import blind_index, digits, new_id, token
from idp.kernel.db import transaction

LENGTH = 6
CONFIRM_LIFETIME = 10 * MINUTE
MOST_WRONG = 5
LONGEST_TYPED = 64
SEPARATORS = " -\u00a0\u2010\u2011\u2012\u2013\u2014"

Refusal = WrongCode | CodeExpired | CodeExhausted


def issue(purpose: str, holder: str, *, lifetime: int = CONFIRM_LIFETIME, keep: bool = False) -> str:
    """A new code, good for ``lifetime`` seconds. Earlier codes of this holder and purpose end, unless ``keep``.

    With ``keep`` whichever mail arrives is good; the first code that is spent ends them all.
    """
    code = digits(LENGTH)
    _keep(purpose, holder, code, lifetime, keep=keep)
    return code


def issue_decoy(purpose: str, holder: str, *, lifetime: int = CONFIRM_LIFETIME) -> None:
    """A code that nobody can type, where none may be sent and the page must behave as though one had been."""
    _keep(purpose, holder, token(), lifetime)


def redeem(purpose: str, holder: str, code: str) -> None:
    """Spend the code. Call it outside a transaction, or a wrong entry is forgotten with the rollback.

    Raises :class:`WrongCode`, :class:`CodeExpired`, or :class:`CodeExhausted` from the fifth wrong entry on.
    """
    with transaction():
        refusal = None if _spend(purpose, holder, _tidy(code)) else _refuse(purpose, holder)
        if refusal is not None:
            record(CodeRefused(purpose=purpose, holder=holder, why=refusal.code))
    if refusal is not None:
        raise refusal


def sweep(limit: int) -> int:
    """Delete codes that expired a day ago."""
    old = select(OneTimeCode.id).where(OneTimeCode.expires_at < clock.now() - DAY).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(OneTimeCode).where(OneTimeCode.id.in_(old))).rowcount


def _keep(purpose: str, holder: str, code: str, lifetime: int, *, keep: bool = False) -> None:
    now = clock.now()
    earlier = () if not keep else (OneTimeCode.expires_at <= now,)
    with transaction() as connection:
        connection.execute(
            delete(OneTimeCode).where(OneTimeCode.purpose == purpose, OneTimeCode.holder == holder, *earlier)
        )
        connection.execute(
            insert(OneTimeCode),
            {
                "id": new_id(),
                "purpose": purpose,
                "holder": holder,
                "digest": _digest(purpose, holder, code),
                "failures": 0,
                "created_at": now,
                "expires_at": now + lifetime,
            },
        )


def _spend(purpose: str, holder: str, code: str) -> bool:
    with transaction() as connection:
        spent = connection.execute(
            update(OneTimeCode)
            .where(
                OneTimeCode.purpose == purpose,
                OneTimeCode.holder == holder,
                OneTimeCode.digest == _digest(purpose, holder, code),
                OneTimeCode.spent_at.is_(None),
                OneTimeCode.expires_at > clock.now(),
                OneTimeCode.failures < MOST_WRONG,
            )
            .values(spent_at=clock.now())
        )
        if spent.rowcount != 1:
            return False
        connection.execute(
            update(OneTimeCode)
            .where(OneTimeCode.purpose == purpose, OneTimeCode.holder == holder, OneTimeCode.spent_at.is_(None))
            .values(spent_at=clock.now())
        )
        return True


def _refuse(purpose: str, holder: str) -> Refusal:
    with transaction() as connection:
        rows = connection.execute(
            update(OneTimeCode)
            .where(OneTimeCode.purpose == purpose, OneTimeCode.holder == holder)
            .values(failures=OneTimeCode.failures + 1)
            .returning(OneTimeCode.failures, OneTimeCode.expires_at, OneTimeCode.spent_at)
        ).all()
    good = [row for row in rows if row.spent_at is None and row.expires_at > clock.now()]
    if not good:
        return CodeExpired()
    return CodeExhausted() if min(row.failures for row in good) >= MOST_WRONG else WrongCode()


def _tidy(code: str) -> str:
    """What was typed, without spaces and dashes, in ASCII digits whatever keyboard it came from."""
    marks = (mark for mark in code[:LONGEST_TYPED] if mark not in SEPARATORS)
    return "".join(str(decimal(mark)) if mark.isdecimal() else mark for mark in marks)


def _digest(purpose: str, holder: str, code: str) -> bytes:
    return blind_index("one-time code", f"{purpose}\0{holder}\0{code}")
