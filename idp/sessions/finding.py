"""The session behind a cookie, looked up at every request in one statement, and what its use tells.

AAL3 lasts for fifteen minutes without activity (NIST SP 800-63B-4 section 2.3.3); after that the session is one of
phishing-resistant AAL2, until its key is shown anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, has_request_context
from sqlalchemy import Row, bindparam, select, update

from idp.accounts.models import Account
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.contracts import SessionView
from idp.kernel.crypto import digest
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL2_PHISHING_RESISTANT, AAL3, reached
from idp.sessions.events import SessionDrifted
from idp.sessions.models import SessionRow
from idp.web.device import device
from idp.web.origin import client_network

IDLE = HOUR
IDLE_AT_AAL3 = 15 * MINUTE
TOUCH_EVERY = MINUTE

_LIVE = (
    select(
        SessionRow.id,
        SessionRow.account_id,
        SessionRow.authenticated_at,
        SessionRow.methods,
        SessionRow.acr,
        SessionRow.amr,
        SessionRow.seen_at,
        SessionRow.expires_at,
        SessionRow.device,
        SessionRow.network,
        SessionRow.new_browser,
        SessionRow.drifted_at,
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
    """A live session and the language of its resident.

    Without further use it ends in ``rests_in`` seconds, and whatever happens in ``ends_in``.
    """

    view: SessionView
    locale: str
    rests_in: int
    ends_in: int


def find(secret: str, owner: str | None = None) -> Found | None:
    """The live session behind a cookie's secret, in one query; activity is written at most once a minute.

    The session of an isolated app is found for that ``owner`` alone, and the shared one only without.
    """
    now = clock.now()
    row = execute(_LIVE, {"digest": digest(secret), "owner": owner, "now": now, "idle": now - IDLE}).first()
    if row is None:
        return None
    acr = AAL2_PHISHING_RESISTANT if row.acr == AAL3 and row.seen_at <= now - IDLE_AT_AAL3 else row.acr
    drifts = row.drifted_at is None and _elsewhere(row)
    seen_at = row.seen_at
    if drifts or seen_at <= now - TOUCH_EVERY:
        _touch(row, acr, drifts)
        seen_at = now
    view = SessionView(
        id=row.id,
        account_id=row.account_id,
        auth_time=row.authenticated_at,
        methods=_counting(row.methods, acr),
        acr=acr,
        amr=row.amr,
        epoch=row.epoch,
        new_browser=bool(row.new_browser),
        drifted=drifts or row.drifted_at is not None,
    )
    return Found(view, row.locale, rests_in=seen_at + IDLE - now, ends_in=row.expires_at - now)


def _touch(row: Row[Any], acr: str, drifts: bool) -> None:
    """Write down that a session is in use; a level that fell and a drift stand with it. A newer proof is left alone."""
    now = clock.now()
    with transaction() as connection:
        touched = connection.execute(
            update(SessionRow)
            .where(
                SessionRow.id == row.id,
                SessionRow.seen_at == row.seen_at,
                SessionRow.authenticated_at == row.authenticated_at,
                SessionRow.drifted_at.is_not_distinct_from(row.drifted_at),
            )
            .values(seen_at=now, acr=acr, drifted_at=now if drifts else row.drifted_at)
        )
        if drifts and touched.rowcount:
            record(SessionDrifted(session_id=row.id), account_id=row.account_id)
            g.drifted = (row.id, row.account_id)


def _elsewhere(row: Row[Any]) -> bool:
    """Whether this request comes from another network and another kind of browser than the last proof did.

    One of the two alone is everyday life: telephones change networks, and browsers are updated.
    """
    if row.network is None or row.device is None or not has_request_context():
        return False
    return bool(row.network != client_network() and row.device != device())


def _counting(methods: tuple[str, ...], acr: str) -> tuple[str, ...]:
    """The methods that still count: once a session fell from AAL3, the key that carried it has to be shown anew."""
    known = registry().methods
    if acr == AAL3 or reached(known[name] for name in methods)[0] == acr:
        return methods
    return tuple(name for name in methods if not known[name].hardware)
