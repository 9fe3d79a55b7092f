"""What a recovery leaves behind: second factors that were lost are out of use (NIST SP 800-63B-4 section 4.3)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import InstrumentedAttribute

from idp.accounts.models import Phone
from idp.kernel import clock
from idp.kernel.db import execute
from mfa.models import Passkey, RecoveryCode, RecoveryCodeSet, TotpAuthenticator


def retire(account_id: str, since: int) -> int:
    """Suspend every second factor that was neither set up nor used since a moment. Returns how many."""
    codes_used = RecoveryCodeSet.account_id.in_(
        select(RecoveryCode.account_id).where(RecoveryCode.account_id == account_id, RecoveryCode.spent_at >= since)
    )
    return (
        _suspend(TotpAuthenticator, account_id, _in_use(TotpAuthenticator.created_at, TotpAuthenticator.used_at, since))
        + _suspend(Passkey, account_id, _in_use(Passkey.created_at, Passkey.used_at, since))
        + _suspend(Phone, account_id, _in_use(Phone.confirmed_at, Phone.used_at, since))
        + _suspend(RecoveryCodeSet, account_id, (RecoveryCodeSet.created_at >= since) | codes_used)
    )


def _in_use(
    made: InstrumentedAttribute[int], used: InstrumentedAttribute[int | None], since: int
) -> ColumnElement[bool]:
    return (made >= since) | (used.is_not(None) & (used >= since))


def _suspend(
    table: type[TotpAuthenticator | Passkey | Phone | RecoveryCodeSet], account_id: str, in_use: ColumnElement[bool]
) -> int:
    lost = (table.account_id == account_id, table.suspended_at.is_(None), ~in_use)
    return execute(update(table).where(*lost).values(suspended_at=clock.now())).rowcount
