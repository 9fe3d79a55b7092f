"""The states of an account and every way from one to another. Each is one conditional update.

``active`` is in use. ``locked`` was stopped by an operator and ``frozen`` by its resident. ``closing`` waits for
``closes_at``. ``erased`` is for good: the row stays, so that nobody is ever given its id again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_, select, update

from idp.accounts.models import Account, Notice
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.db import execute, transaction

ACTIVE, LOCKED, FROZEN, CLOSING, ERASED = "active", "locked", "frozen", "closing", "erased"

HELD = (FROZEN, CLOSING)
"""Who proves to be its resident may take such an account back into use. No session opens before."""

GRACE = 14 * DAY
"""How long an account that its resident closes can still be kept."""

REMINDED = (7 * DAY, DAY)
"""How long before the end its resident is reminded: half-way, and a day before."""

ABOUT_CLOSING = "closing"


def freeze(account_id: str) -> bool:
    """Freeze an account that is in use or closing, which then closes no more. Whether it was."""
    return _move(account_id, FROZEN, Account.status.in_((ACTIVE, CLOSING)), closes_at=None)


def release(account_id: str) -> bool:
    """Take a frozen account back into use. Whether it was frozen."""
    return _move(account_id, ACTIVE, Account.status == FROZEN)


def begin_closing(account_id: str) -> int | None:
    """Let an account in use close after the time of grace. Returns when that is, None where it was not in use."""
    closes_at = clock.now() + GRACE
    return closes_at if _move(account_id, CLOSING, Account.status == ACTIVE, closes_at=closes_at) else None


def keep_open(account_id: str) -> bool:
    """Take a closing account back into use, as long as its time is not over. Whether it was closing."""
    still = (Account.status == CLOSING, Account.closes_at > clock.now())
    return _move(account_id, ACTIVE, *still, closes_at=None)


def erase(account_id: str, *, due: bool = False) -> bool:
    """Destroy the resident's key and all facts of the row but its id; with ``due`` only where its time is over.

    Whether that was still to be done.
    """
    over = (Account.status == CLOSING, Account.closes_at <= clock.now()) if due else (Account.status != ERASED,)
    now = clock.now()
    nothing: dict[str, Any] = dict.fromkeys(("closes_at", "credentials_changed_at", "browsers_since"))
    return _move(account_id, ERASED, *over, **nothing, data_key=b"", locale="", created_at=now, updated_at=now)


def is_held(account_id: str) -> bool:
    """Whether its resident put this account away: it is frozen or closing."""
    return execute(select(Account.id).where(Account.id == account_id, Account.status.in_(HELD))).first() is not None


def closes_at(account_id: str) -> int | None:
    """When a closing account will be erased (seconds since the epoch)."""
    return execute(select(Account.closes_at).where(Account.id == account_id)).scalar_one_or_none()


def due(limit: int) -> list[str]:
    """Closing accounts whose time is over."""
    over = select(Account.id).where(Account.status == CLOSING, Account.closes_at <= clock.now())
    return list(execute(over.limit(limit)).scalars())


def to_remind(limit: int) -> list[str]:
    """Closing accounts whose resident was not written to since half of the time, or all but a day, was over."""
    return list(execute(select(Account.id).where(*_unreminded()).limit(limit)).scalars())


def hold_to_remind(account_id: str) -> bool:
    """Whether a reminder is still owed; nobody else sends it until the transaction is over."""
    mine = select(Account.id).where(Account.id == account_id, *_unreminded())
    return execute(mine.with_for_update(skip_locked=True, of=Account)).first() is not None


def _unreminded() -> tuple[Any, ...]:
    now = clock.now()
    owed = [
        (Account.closes_at <= now + before)
        & ~exists().where(
            Notice.account_id == Account.id,
            Notice.about == ABOUT_CLOSING,
            Notice.created_at >= Account.closes_at - before,
        )
        for before in REMINDED
    ]
    return Account.status == CLOSING, Account.closes_at > now, or_(*owed)


def _move(account_id: str, to: str, *conditions: Any, **values: Any) -> bool:
    with transaction() as connection:
        moved = connection.execute(
            update(Account).where(Account.id == account_id, *conditions).values(status=to, **values)
        )
        return moved.rowcount == 1
