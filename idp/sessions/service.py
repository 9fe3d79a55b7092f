"""Sessions: opened, raised, looked up and ended. Authority stays here; the cookie only points at it.

Limits of AAL2 (NIST SP 800-63B-4 section 2.2.3): an hour without activity, twelve hours in all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

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
from idp.web.browser import browser_digest

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
        SessionRow.client_id.is_not_distinct_from(bindparam("owner")),
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
class Ended:
    """A session that ended just now. ``client_id`` names the isolated app whose own it was."""

    id: str
    account_id: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What an operator or the resident may know of a session. ``client_id`` names the isolated app whose own it is."""

    id: str
    account_id: str
    client_id: str | None
    methods: tuple[str, ...]
    acr: str
    created_at: int
    seen_at: int
    ended_at: int | None


def open_session(account_id: str, methods: Iterable[str]) -> str:
    """Open a session, of the isolated app whose page this is or else the shared one, and give the browser its secret.

    Returns the session's id.
    """
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
        "client_id": cookie.owner(),
        "browser": browser_digest(),
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


def find(secret: str, owner: str | None = None) -> Found | None:
    """The live session behind a cookie's secret, in one query; activity is written at most once a minute.

    The session of an isolated app is found for that ``owner`` alone, and the shared one only without.
    """
    now = clock.now()
    row = execute(_LIVE, {"digest": digest(secret), "owner": owner, "now": now, "idle": now - IDLE}).first()
    if row is None:
        return None
    if row.seen_at <= now - TOUCH_EVERY:
        with transaction() as connection:
            connection.execute(update(SessionRow).where(SessionRow.id == row.id).values(seen_at=now))
    view = SessionView(row.id, row.account_id, row.authenticated_at, row.methods, row.acr, row.amr, row.epoch)
    return Found(view, row.locale)


def end(session_id: str) -> list[Ended]:
    """End one session. Returns it, unless it had ended before."""
    return _end(SessionRow.id == session_id)


def end_all(account_id: str, *, keep: str | None = None, owner: str | None = None) -> list[Ended]:
    """End every session of a resident, except ``keep``; only those of one isolated app with ``owner``.

    What is past its twelve hours is left to :func:`end_overdue`.
    """
    only = [SessionRow.client_id == owner] if owner is not None else []
    return _end(
        SessionRow.account_id == account_id, SessionRow.id != (keep or ""), SessionRow.expires_at > clock.now(), *only
    )


def end_here(session_id: str, account_id: str | None = None) -> list[Ended]:
    """End the sessions of this browser, shared and isolated, and take their cookies away; only those of one resident
    with ``account_id``. ``session_id`` is the one at hand, which is among them even when the browser lost its name.
    """
    only = [SessionRow.account_id == account_id] if account_id is not None else []
    ended = _end(or_(SessionRow.browser == browser_digest(), SessionRow.id == session_id), *only)
    cookie.clear(*(one.client_id for one in ended))
    return ended


def end_overdue(limit: int) -> list[Ended]:
    """Mark sessions as ended that rested for an hour or are past their twelve hours."""
    now = clock.now()
    over = or_(SessionRow.expires_at <= now, SessionRow.seen_at <= now - IDLE)
    some = select(SessionRow.id).where(SessionRow.ended_at.is_(None), over).limit(limit)
    with transaction() as connection:
        mine = connection.execute(some.with_for_update(skip_locked=True)).scalars().all()
        return _end(SessionRow.id.in_(mine)) if mine else []


def standing(account_id: str) -> list[str]:
    """The ids of a resident's sessions that have not ended."""
    mine = select(SessionRow.id).where(SessionRow.account_id == account_id, SessionRow.ended_at.is_(None))
    return list(execute(mine).scalars())


def sessions_of(account_id: str | None = None, *, live_only: bool = True, limit: int = 200) -> list[SessionFacts]:
    """Sessions, newest first; of one resident or of all."""
    now = clock.now()
    statement = select(
        SessionRow.id,
        SessionRow.account_id,
        SessionRow.client_id,
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


def _end(*conditions: Any) -> list[Ended]:
    statement = update(SessionRow).where(*conditions, SessionRow.ended_at.is_(None)).values(ended_at=clock.now())
    with transaction() as connection:
        ended = connection.execute(statement.returning(SessionRow.id, SessionRow.account_id, SessionRow.client_id))
        return [Ended(*row) for row in ended]


def _reached(methods: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    known = registry().methods
    return reached(known[name] for name in methods)
