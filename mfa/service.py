"""Second factors: set up, checked, spent.

A code works once: one conditional update spends it and its row count is the answer. Wrong codes in a row are counted
for each method of an account; at 100 the method is off until it is set up anew (NIST SP 800-63B-4 section 3.2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.crypto import new_id, open_for_system, seal_for_system
from idp.kernel.db import execute, insert, transaction
from idp.limits import service as limits
from mfa import letters, recovery, totp
from mfa.errors import SetUpClosed, TurnedOff, WrongCode, WrongRecoveryCode
from mfa.events import (
    AuthenticatorAdded,
    CodeAccepted,
    CodeRefused,
    MethodTurnedOff,
    RecoveryCodesMade,
    RecoveryCodeUsed,
)
from mfa.models import RecoveryCode, RecoveryCodeSet, TotpAuthenticator

MOST_FAILURES = 100
NEVER = 0

TOTP = "totp"
RECOVERY_CODE = "recovery_code"

_APP = select(
    TotpAuthenticator.id,
    TotpAuthenticator.seed,
    TotpAuthenticator.last_step,
    TotpAuthenticator.failures,
    TotpAuthenticator.created_at,
    TotpAuthenticator.used_at,
)


@dataclass(frozen=True, slots=True)
class App:
    """A resident's authenticator app. Times are seconds since the epoch; ``off`` after too many wrong codes."""

    id: str
    created_at: int
    used_at: int | None
    off: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """A resident's recovery codes: how many are still good, when they were made, and whether they are ``off``."""

    left: int
    created_at: int
    off: bool


# Authenticator apps


def app_of(account_id: str) -> App | None:
    """The authenticator app of an account."""
    row = execute(_APP.where(TotpAuthenticator.account_id == account_id)).first()
    return App(row.id, row.created_at, row.used_at, row.failures >= MOST_FAILURES) if row else None


def confirm_totp(account_id: str, occasion: str, code: str, *, replaces: str | None = None) -> None:
    """Set up the app that read the seed of this ``occasion`` (see ``totp.seed_for``) and shows ``code``.

    ``replaces`` is the id of the app whose place it takes. Raises :class:`WrongCode`, and :class:`SetUpClosed` when the
    account has any other app by now.
    """
    seed = totp.seed_for(account_id, occasion)
    step = totp.matching_step(seed, code, clock.now(), NEVER)
    if step is None:
        raise WrongCode
    with transaction():
        _keep_app(account_id, seed, step, replaces)
        letters.authenticator_added(account_id, replaced=replaces is not None)


def add_totp_for_operator(account_id: str) -> str:
    """Give a new account an authenticator app, and return its seed (base32) for the operator to hand over."""
    seed = totp.new_seed()
    with transaction():
        _keep_app(account_id, seed, NEVER, None)
    return seed


def verify_totp(account_id: str, code: str, *, network: str) -> None:
    """Spend a code of the resident's app. ``network`` is where it comes from, as the limits know it.

    Raises ``Throttled``, :class:`TurnedOff`, and :class:`WrongCode` for a wrong, used or older code. Only a
    wrong code counts towards turning the app off: one sent twice is a mishap, not a guess.
    """
    limits.spend("second_factor", account=account_id, network=network)
    app = execute(_APP.where(TotpAuthenticator.account_id == account_id)).first()
    if app is None:
        raise WrongCode
    if app.failures >= MOST_FAILURES:
        raise TurnedOff
    seed, at = open_for_system(app.seed, _context(app.id, account_id)), clock.now()
    step = totp.matching_step(seed, code, at, app.last_step)
    if step is None or not _spend_step(account_id, app.id, step):
        _refuse(TotpAuthenticator, TOTP, account_id, counted=totp.matching_step(seed, code, at, NEVER) is None)
        raise WrongCode
    limits.forgive("second_factor", account=account_id, network=network)


def _spend_step(account_id: str, app_id: str, step: int) -> bool:
    with transaction():
        spent = execute(
            update(TotpAuthenticator)
            .where(
                TotpAuthenticator.id == app_id,
                TotpAuthenticator.last_step < step,
                TotpAuthenticator.failures < MOST_FAILURES,
            )
            .values(last_step=step, failures=0, used_at=clock.now())
        )
        if spent.rowcount == 1:
            record(CodeAccepted(TOTP), account_id=account_id)
        return spent.rowcount == 1


def _keep_app(account_id: str, seed: str, step: int, replaces: str | None) -> None:
    app_id = new_id()
    new = {
        "id": app_id,
        "seed": seal_for_system(seed, _context(app_id, account_id)),
        "last_step": step,
        "failures": 0,
        "created_at": clock.now(),
        "used_at": None,
    }
    with transaction():
        if replaces is None:
            kept = execute(insert(TotpAuthenticator).values(account_id=account_id, **new).on_conflict_do_nothing())
        else:
            mine = (TotpAuthenticator.account_id == account_id, TotpAuthenticator.id == replaces)
            kept = execute(update(TotpAuthenticator).where(*mine).values(**new))
        if kept.rowcount != 1:
            raise SetUpClosed("another app")
        record(AuthenticatorAdded(app_id, replaced=replaces is not None), account_id=account_id)


def _context(app_id: str, account_id: str) -> str:
    return f"totp\0{account_id}\0{app_id}"


# Recovery codes


def codes_of(account_id: str) -> Codes | None:
    """The recovery codes of an account."""
    good = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.spent_at.is_(None))
    row = execute(
        select(good.scalar_subquery().label("left"), RecoveryCodeSet.created_at, RecoveryCodeSet.failures).where(
            RecoveryCodeSet.account_id == account_id
        )
    ).first()
    return Codes(row.left, row.created_at, row.failures >= MOST_FAILURES) if row else None


def make_recovery_codes(account_id: str) -> tuple[str, ...]:
    """Ten new codes, in place of any earlier ones. This is the only time they can be read."""
    codes, salt = recovery.new_codes(), recovery.new_salt()
    digests = [recovery.digest(code.replace("-", ""), salt) for code in codes]
    new = {"salt": salt, "failures": 0, "created_at": clock.now()}
    with transaction():
        kept = insert(RecoveryCodeSet).values(account_id=account_id, **new)
        execute(kept.on_conflict_do_update(index_elements=["account_id"], set_=new))
        execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        rows = [{"id": new_id(), "account_id": account_id, "digest": digest} for digest in digests]
        execute(insert(RecoveryCode), rows)
        record(RecoveryCodesMade(len(codes)), account_id=account_id)
        letters.recovery_codes_made(account_id)
    return codes


def spend_recovery_code(account_id: str, typed: str, *, network: str) -> None:
    """Spend one of the resident's recovery codes, typed in any case and spacing.

    Raises ``Throttled``, :class:`TurnedOff`, and :class:`WrongRecoveryCode` for a wrong or used code.
    """
    limits.spend("recovery_code", account=account_id, network=network)
    kept = execute(select(RecoveryCodeSet.__table__).where(RecoveryCodeSet.account_id == account_id)).first()
    if kept is None:
        raise WrongRecoveryCode
    if kept.failures >= MOST_FAILURES:
        raise TurnedOff
    code = recovery.normalised(typed)
    digest = recovery.digest(code, kept.salt) if code else None
    if digest is None or not _spend_digest(account_id, digest):
        _refuse(RecoveryCodeSet, RECOVERY_CODE, account_id, counted=digest is None or not _was_good(account_id, digest))
        raise WrongRecoveryCode
    limits.forgive("recovery_code", account=account_id, network=network)


def _was_good(account_id: str, digest: bytes) -> bool:
    mine = (RecoveryCode.account_id == account_id, RecoveryCode.digest == digest)
    return execute(select(RecoveryCode.id).where(*mine)).first() is not None


def _spend_digest(account_id: str, digest: bytes) -> bool:
    usable = select(RecoveryCodeSet.account_id).where(
        RecoveryCodeSet.account_id == account_id, RecoveryCodeSet.failures < MOST_FAILURES
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
        record(RecoveryCodeUsed(left), account_id=account_id)
        letters.recovery_code_used(account_id, left=left)
        return True


# Both


def _refuse(table: type[TotpAuthenticator | RecoveryCodeSet], method: str, account_id: str, *, counted: bool) -> None:
    with transaction():
        record(CodeRefused(method), account_id=account_id)
        if not counted:
            return
        more = update(table).where(table.account_id == account_id).values(failures=table.failures + 1)
        if execute(more.returning(table.failures)).scalar() == MOST_FAILURES:
            record(MethodTurnedOff(method), account_id=account_id)
            letters.turned_off(account_id, method=method)
