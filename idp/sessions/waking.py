"""A session that ended by mere inactivity goes on after one factor, in the browser that still holds its secret.

NIST SP 800-63B-4 section 2.2.3 allows a password for that. It is no new sign-in: what was proven, when it was, and when
the session is over stay as they were, so apps are told nothing newer than the truth.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, or_, update

from idp.accounts.models import Account
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.crypto import digest, token
from idp.kernel.db import transaction
from idp.sessions import cookie
from idp.sessions.assurance import AAL1, AAL2_PHISHING_RESISTANT, ORDER
from idp.sessions.events import SessionWoken
from idp.sessions.finding import IDLE
from idp.sessions.models import SessionRow
from idp.sessions.service import give
from idp.web.browser import browser_digest
from idp.web.device import device

_GOES_ON = ("account_id", "methods", "amr", "authenticated_at", "created_at", "expires_at", "new_browser")


def wake(account_id: str) -> str | None:
    """Let this browser's rested session of a resident, who has just given the password, go on as a new one.

    Returns its id; None where nothing can be woken. The old secret is spent by one conditional update.
    """
    secret = cookie.received()
    if secret is None:
        return None
    with transaction():
        row = _spend(account_id, secret)
        if row is None:
            return None
        level = min(row.acr, AAL2_PHISHING_RESISTANT, key=ORDER.index)
        session_id = give(acr=level, **{name: getattr(row, name) for name in _GOES_ON})
        record(SessionWoken(session_id=session_id, rested_id=row.id), account_id=account_id)
    return session_id


def _spend(account_id: str, secret: str) -> Row[Any] | None:
    with transaction() as connection:
        return connection.execute(
            update(SessionRow)
            .where(
                SessionRow.digest == digest(secret),
                SessionRow.browser == browser_digest(),
                SessionRow.client_id.is_not_distinct_from(cookie.owner()),
                SessionRow.account_id == account_id,
                SessionRow.acr != AAL1,
                SessionRow.device == device(),
                SessionRow.drifted_at.is_(None),
                _only_rested(),
                _nothing_changed(),
            )
            .values(digest=digest(token()), rested_at=None)
            .returning(SessionRow.id, SessionRow.acr, *(getattr(SessionRow, name) for name in _GOES_ON))
        ).first()


def _only_rested() -> ColumnElement[bool]:
    """Over by inactivity alone, whether the worker has marked it or not, and within its twelve hours."""
    now = clock.now()
    unmarked = and_(SessionRow.ended_at.is_(None), SessionRow.seen_at <= now - IDLE)
    return and_(SessionRow.expires_at > now, or_(SessionRow.rested_at.is_not(None), unmarked))


def _nothing_changed() -> ColumnElement[bool]:
    """Whether the account is in use, with the same ways to sign in as when the session was proven."""
    changed = Account.credentials_changed_at
    return exists().where(
        Account.id == SessionRow.account_id,
        Account.status == "active",
        or_(changed.is_(None), changed <= SessionRow.authenticated_at),
    )
