"""Sessions: opened, raised, looked up and ended. Authority stays here; the cookie only points at it.

Limits of AAL2 (NIST SP 800-63B-4 section 2.2.3): an hour without activity, twelve hours in all. AAL3 lasts for fifteen
minutes without activity (:mod:`idp.sessions.finding`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, delete, insert, or_, select, update

from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.contracts import SESSION_LIFE
from idp.kernel.crypto import digest, new_id, token
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry
from idp.sessions import cookie
from idp.sessions.assurance import ORDER, reached
from idp.sessions.finding import IDLE, Found, find
from idp.sessions.models import SessionRow
from idp.web.browser import browser_digest
from idp.web.device import device
from idp.web.origin import client_address, client_network
from idp.web.places import place

__all__ = [
    "IDLE",
    "Ended",
    "Found",
    "SessionFacts",
    "elevate",
    "end",
    "end_all",
    "end_here",
    "end_overdue",
    "find",
    "give",
    "open_session",
    "sessions_of",
    "standing",
    "stay",
    "strengthen",
    "sweep",
]

KEPT_AFTER_END = 30 * DAY


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that ended just now. ``client_id`` names the isolated app whose own it was."""

    id: str
    account_id: str
    client_id: str | None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What an operator or the resident may know of a session. ``client_id`` names the isolated app whose own it is.

    ``device``, ``place`` and ``network`` are coarse, and empty where they are not known.
    """

    id: str
    account_id: str
    client_id: str | None
    methods: tuple[str, ...]
    acr: str
    authenticated_at: int
    created_at: int
    seen_at: int
    ended_at: int | None
    device: str | None
    place: str | None
    network: str | None
    new_browser: bool | None


def open_session(account_id: str, methods: Iterable[str], *, new_browser: bool = False) -> str:
    """Open a session, of the isolated app whose page this is or else the shared one, and give the browser its secret.

    ``new_browser`` is whether the account does not know the browser well yet. Returns the session's id.
    """
    now, passed = clock.now(), tuple(methods)
    acr, amr = _reached(passed)
    return give(
        account_id=account_id,
        methods=passed,
        acr=acr,
        amr=amr,
        authenticated_at=now,
        created_at=now,
        expires_at=now + SESSION_LIFE,
        new_browser=new_browser,
    )


def give(**facts: Any) -> str:
    """Keep a session with these facts, of this page's owner, and give this browser its secret. Returns its id."""
    secret, session_id = token(), new_id()
    row = facts | _whereabouts() | {"id": session_id, "digest": digest(secret), "seen_at": clock.now()}
    with transaction() as connection:
        connection.execute(insert(SessionRow), row | {"client_id": cookie.owner(), "browser": browser_digest()})
    cookie.give(secret)
    return session_id


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
                drifted_at=None,
                **_whereabouts(),
            )
        )
    cookie.give(secret)


def strengthen(session_id: str, methods: Iterable[str]) -> None:
    """Add a factor to a standing session: a higher level and a new secret, but no later auth_time, no longer life.

    A session never comes out weaker than it was.
    """
    secret = token()
    acr, amr = _reached(tuple(dict.fromkeys(methods)))
    standing = (SessionRow.id == session_id, SessionRow.ended_at.is_(None))
    with transaction() as connection:
        row = connection.execute(select(SessionRow.methods, SessionRow.acr, SessionRow.amr).where(*standing)).first()
        if row is not None:
            values = {
                "methods": tuple(dict.fromkeys((*row.methods, *methods))),
                "acr": max(row.acr, acr, key=ORDER.index),
                "amr": tuple(dict.fromkeys((*row.amr, *amr))),
            }
            connection.execute(
                update(SessionRow).where(*standing).values(digest=digest(secret), seen_at=clock.now(), **values)
            )
    cookie.give(secret)


def stay(session_id: str) -> None:
    """Note that a session is in use, however lately that was noted: its resident said so."""
    with transaction() as connection:
        connection.execute(
            update(SessionRow)
            .where(SessionRow.id == session_id, SessionRow.ended_at.is_(None))
            .values(seen_at=clock.now())
        )


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
    """Mark sessions as ended that rested for an hour, which may wake, or that are past their twelve hours."""
    now = clock.now()
    over = or_(SessionRow.expires_at <= now, SessionRow.seen_at <= now - IDLE)
    some = select(SessionRow.id).where(SessionRow.ended_at.is_(None), over).limit(limit)
    with transaction() as connection:
        mine = connection.execute(some.with_for_update(skip_locked=True)).scalars().all()
        return _mark_ended(SessionRow.id.in_(mine), rested=case((SessionRow.expires_at > now, now))) if mine else []


def standing(account_id: str) -> list[str]:
    """The ids of a resident's sessions that have not ended."""
    mine = select(SessionRow.id).where(SessionRow.account_id == account_id, SessionRow.ended_at.is_(None))
    return list(execute(mine).scalars())


def sessions_of(account_id: str | None = None, *, live_only: bool = True, limit: int = 200) -> list[SessionFacts]:
    """Sessions, newest first; of one resident or of all."""
    now = clock.now()
    told = (getattr(SessionRow, name) for name in SessionFacts.__dataclass_fields__)
    statement = select(*told).order_by(SessionRow.created_at.desc())
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
    """End what these conditions name. What had ended by inactivity cannot be woken any more."""
    with transaction() as connection:
        connection.execute(
            update(SessionRow).where(*conditions, SessionRow.rested_at.is_not(None)).values(rested_at=None)
        )
        return _mark_ended(*conditions)


def _mark_ended(*conditions: Any, rested: Any = None) -> list[Ended]:
    statement = (
        update(SessionRow)
        .where(*conditions, SessionRow.ended_at.is_(None))
        .values(ended_at=clock.now(), rested_at=rested)
    )
    with transaction() as connection:
        ended = connection.execute(statement.returning(SessionRow.id, SessionRow.account_id, SessionRow.client_id))
        return [Ended(*row) for row in ended]


def _reached(methods: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    known = registry().methods
    return reached(known[name] for name in methods)


def _whereabouts() -> dict[str, str]:
    return {"device": device(), "place": place(client_address()), "network": client_network()}
