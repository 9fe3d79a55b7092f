"""Sessions: opened, raised, looked up and ended. Authority stays here; the cookie only points at it.

Limits of AAL2 (NIST SP 800-63B-4 section 2.2.3): an hour without activity, twelve hours in all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select, update

from idp.accounts.models import Account
from idp.kernel import clock
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.kernel.contracts import SESSION_LIFE, SessionView
from idp.kernel.crypto import digest, new_id, token
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry
from idp.sessions import cookie
from idp.sessions.assurance import reached
from idp.sessions.models import SessionRow

IDLE = HOUR
TOUCH_EVERY = MINUTE
KEPT_AFTER_END = 30 * DAY

_LIVE = (
    select(
        SessionRow.id,
        SessionRow.account_id,
        SessionRow.authenticated_at,
        SessionRow.methods,
        SessionRow.acr,
        SessionRow.amr,
        SessionRow.seen_at,
        Account.locale,
        Account.epoch,
    )
    .join(Account, Account.id == SessionRow.account_id)
    .where(
        SessionRow.digest == bindparam("digest"),
        SessionRow.ended_at.is_(None),
        SessionRow.expires_at > bindparam("now"),
        SessionRow.seen_at > bindparam("idle"),
        Account.status == "active",
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """A live session and the language of its resident."""

    view: SessionView
    locale: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What an operator or the resident may know of a session."""

    id: str
    account_id: str
    methods: tuple[str, ...]
    acr: str
    created_at: int
    seen_at: int
    ended_at: int | None


def open_session(account_id: str, methods: Iterable[str]) -> str:
    """Open a session and give the browser a new secret. Returns the session's id."""
    now, secret, passed = clock.now(), token(), tuple(methods)
    acr, amr = _reached(passed)
    row = {
        "id": new_id(),
        "digest": digest(secret),
        "account_id": account_id,
        "methods": passed,
        "acr": acr,
        "amr": amr,
        "authenticated_at": now,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + SESSION_LIFE,
    }
    with transaction() as connection:
        connection.execute(insert(SessionRow), row)
    cookie.give(secret)
    return str(row["id"])


def elevate(session_id: str, methods: Iterable[str]) -> None:
    """Record a fresh proof on a standing session: later auth_time, new secret, both time limits begin anew."""
    now, secret, passed = clock.now(), token(), tuple(dict.fromkeys(methods))
    acr, amr = _reached(passed)
    with transaction() as connection:
        connection.execute(
            update(SessionRow)
            .where(SessionRow.id == session_id, SessionRow.ended_at.is_(None))
            .values(
                digest=digest(secret),
                methods=passed,
                acr=acr,
                amr=amr,
                authenticated_at=now,
                seen_at=now,
                expires_at=now + SESSION_LIFE,
            )
        )
    cookie.give(secret)


def strengthen(session_id: str, methods: Iterable[str]) -> None:
    """Add a factor to a standing session: a higher level and a new secret, but no later auth_time, no longer life."""
    secret, passed = token(), tuple(dict.fromkeys(methods))
    acr, amr = _reached(passed)
    with transaction() as connection:
        connection.execute(
            update(SessionRow)
            .where(SessionRow.id == session_id, SessionRow.ended_at.is_(None))
            .values(digest=digest(secret), methods=passed, acr=acr, amr=amr, seen_at=clock.now())
        )
    cookie.give(secret)


def find(secret: str) -> Found | None:
    """The live session behind a cookie's secret, in one query; activity is written at most once a minute."""
    now = clock.now()
    row = execute(_LIVE, {"digest": digest(secret), "now": now, "idle": now - IDLE}).first()
    if row is None:
        return None
    if row.seen_at <= now - TOUCH_EVERY:
        with transaction() as connection:
            connection.execute(update(SessionRow).where(SessionRow.id == row.id).values(seen_at=now))
    view = SessionView(row.id, row.account_id, row.authenticated_at, row.methods, row.acr, row.amr, row.epoch)
    return Found(view, row.locale)


def end(session_id: str) -> bool:
    """End one session. Returns whether it was live."""
    return _end(SessionRow.id == session_id) == 1


def end_all(account_id: str, keep: str | None = None) -> int:
    """End every session of a resident, except ``keep``. Returns how many were live."""
    return _end(SessionRow.account_id == account_id, SessionRow.id != (keep or ""))


def sessions_of(account_id: str | None = None, *, live_only: bool = True, limit: int = 200) -> list[SessionFacts]:
    """Sessions, newest first; of one resident or of all."""
    now = clock.now()
    statement = select(
        SessionRow.id,
        SessionRow.account_id,
        SessionRow.methods,
        SessionRow.acr,
        SessionRow.created_at,
        SessionRow.seen_at,
        SessionRow.ended_at,
    ).order_by(SessionRow.created_at.desc())
    if account_id is not None:
        statement = statement.where(SessionRow.account_id == account_id)
    if live_only:
        statement = statement.where(
            SessionRow.ended_at.is_(None), SessionRow.expires_at > now, SessionRow.seen_at > now - IDLE
        )
    return [SessionFacts(**row) for row in execute(statement.limit(limit)).mappings()]


def sweep(limit: int) -> int:
    """Delete sessions that ended or expired a month ago."""
    before = clock.now() - KEPT_AFTER_END
    old = select(SessionRow.id).where(SessionRow.expires_at < before).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(SessionRow).where(SessionRow.id.in_(old))).rowcount


def _end(*conditions: object) -> int:
    with transaction() as connection:
        return connection.execute(
            update(SessionRow)
            .where(*conditions, SessionRow.ended_at.is_(None))  # type: ignore[arg-type]
            .values(ended_at=clock.now())
        ).rowcount


def _reached(methods: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    known = registry().methods
    return reached(known[name] for name in methods)
