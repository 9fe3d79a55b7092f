"""A sign-in, sign-up or confirmation under way: methods passed, methods still owed, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from flask import g, url_for
from sqlalchemy import delete, insert, select, update

from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import new_id, open_for_system, same, seal_for_system
from idp.kernel.db import execute, transaction
from idp.sessions import parked
from idp.sessions.errors import AttemptGone
from idp.sessions.models import AttemptRow
from idp.web.browser import browser_digest

Purpose = Literal["sign_in", "sign_up", "confirm", "recover"]
State = Literal["here", "elsewhere", "over", "expired"]
"""How an attempt is found: open in this browser or in another one, over, or past its time."""

OPEN_FOR = 30 * MINUTE
ADDRESS_PROVEN = "email"
"""Noted on an attempt beside its methods: the mailed code was typed. It is no method, so it raises no ``acr``."""

SET_UP = "set_up"
"""Noted on an attempt beside its methods when a second way was set up in it, or when it was begun on a proof that may
set one up. It is no method, so it proves nothing."""

MAY_REPLACE = "may_replace"
"""Noted on a recovery that may set up a second way in the place of those that were lost. It proves nothing either."""

AFTER = "profiles.home"
"""Where a browser goes that comes back to an attempt of its own that is over."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, as its row stands. ``email`` is what was typed; ``client`` the app it serves, if any; ``began_at``
    is in seconds since the epoch."""

    id: str
    purpose: Purpose
    request_id: str | None
    session_id: str | None
    account_id: str | None
    methods: tuple[str, ...]
    email: str
    return_to: str | None
    client: Client | None
    began_at: int

    @property
    def carries(self) -> bool:
        """Whether it began with what a standing session had proven: a step-up for an app, which adds to that."""
        return self.purpose == "confirm" and self.request_id is not None and not self.return_to


def begin(
    purpose: Purpose,
    *,
    request_id: str | None = None,
    account_id: str | None = None,
    session_id: str | None = None,
    email: str = "",
    return_to: str | None = None,
    methods: tuple[str, ...] = (),
) -> Attempt:
    """Begin an attempt bound to this browser. ``methods`` are those a standing session has already passed."""
    now, attempt_id = clock.now(), new_id()
    row = {
        "id": attempt_id,
        "purpose": purpose,
        "browser": browser_digest(),
        "request_id": request_id,
        "session_id": session_id,
        "account_id": account_id,
        "methods": methods,
        "sealed_email": seal_for_system(email, _context(attempt_id)) if email else None,
        "return_to": return_to,
        "created_at": now,
        "expires_at": now + OPEN_FOR,
    }
    with transaction() as connection:
        connection.execute(insert(AttemptRow), row)
    return _attempt(row)


def load(attempt_id: str) -> Attempt:
    """The open attempt of this browser. Raises :class:`AttemptGone`, whose page names the app where it is known."""
    row = execute(select(AttemptRow.__table__).where(AttemptRow.id == attempt_id)).mappings().first()
    if row is None:
        raise AttemptGone("unknown")
    attempt = _attempt(row)
    if not same(row["browser"], browser_digest()):
        raise AttemptGone("another browser")
    if row["finished_at"] is not None:
        raise AttemptGone("finished", onward=attempt.client.home if attempt.client else url_for(AFTER))
    if row["expires_at"] <= clock.now():
        raise AttemptGone("expired")
    if attempt.request_id:
        parked.fit_page_to(attempt.request_id)
    return attempt


def look(attempt_id: str) -> tuple[Attempt, State]:
    """An attempt from wherever its link was followed, and how it is found. Raises :class:`AttemptGone` if unknown."""
    row = execute(select(AttemptRow.__table__).where(AttemptRow.id == attempt_id)).mappings().first()
    if row is None:
        raise AttemptGone("unknown")
    if row["finished_at"] is not None:
        return _attempt(row), "over"
    if row["expires_at"] <= clock.now():
        return _attempt(row), "expired"
    return _attempt(row), "here" if same(row["browser"], browser_digest()) else "elsewhere"


def adopt(attempt: Attempt, account_id: str, proof: str, *, moved: bool) -> bool:
    """Take up an attempt in this browser with a proof that was just given in it, and let its time begin anew.

    ``moved`` is whether it was begun in another browser: what was proven there, and what waits there, stays there.
    Whether nothing else was proven in it meanwhile: one conditional update.
    """
    stays: dict[str, Any] = {"request_id": None, "return_to": None} if moved else {}
    with transaction() as connection:
        taken = connection.execute(
            update(AttemptRow)
            .where(AttemptRow.id == attempt.id, AttemptRow.methods == attempt.methods, AttemptRow.finished_at.is_(None))
            .values(
                browser=browser_digest(),
                account_id=account_id,
                methods=(proof,) if moved else (*attempt.methods, proof),
                expires_at=clock.now() + OPEN_FOR,
                **stays,
            )
        )
        return taken.rowcount == 1


def claim(attempt: Attempt, *notes: str) -> bool:
    """Add notes to an attempt that stands as it was read. Whether it did: of many who do so at once, one may go on."""
    with transaction() as connection:
        noted = connection.execute(
            update(AttemptRow)
            .where(AttemptRow.id == attempt.id, AttemptRow.methods == attempt.methods, AttemptRow.finished_at.is_(None))
            .values(methods=tuple(dict.fromkeys((*attempt.methods, *notes))))
        )
        return noted.rowcount == 1


def note(attempt_id: str, method: str, account_id: str | None = None) -> Attempt:
    """Add a method that was passed. ``account_id`` may name the resident once, and never change."""
    attempt = load(attempt_id)
    if attempt.account_id is not None and account_id not in (None, attempt.account_id):
        raise AttemptGone("another account")
    methods = tuple(dict.fromkeys((*attempt.methods, method)))
    known = attempt.account_id or account_id
    with transaction() as connection:
        noted = connection.execute(
            update(AttemptRow)
            .where(
                AttemptRow.id == attempt_id,
                AttemptRow.methods == attempt.methods,
                AttemptRow.finished_at.is_(None),
            )
            .values(methods=methods, account_id=known)
        )
    return replace(attempt, methods=methods, account_id=known) if noted.rowcount else note(attempt_id, method, known)


def end_all(account_id: str, *, keep: str = "") -> None:
    """End every attempt that is under way for an account, except ``keep``: what it has proven so far counts no more."""
    with transaction() as connection:
        connection.execute(
            update(AttemptRow)
            .where(AttemptRow.account_id == account_id, AttemptRow.finished_at.is_(None), AttemptRow.id != keep)
            .values(finished_at=clock.now())
        )


def finish(attempt_id: str) -> None:
    """Spend the attempt. Works once; the second time it raises what :func:`load` would."""
    with transaction() as connection:
        spent = connection.execute(
            update(AttemptRow)
            .where(AttemptRow.id == attempt_id, AttemptRow.finished_at.is_(None))
            .values(finished_at=clock.now())
        )
        if spent.rowcount != 1:
            load(attempt_id)
            raise AttemptGone("finished")


def sweep(limit: int) -> int:
    """Delete attempts that are over."""
    old = select(AttemptRow.id).where(AttemptRow.expires_at < clock.now() - OPEN_FOR).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(AttemptRow).where(AttemptRow.id.in_(old))).rowcount


def _attempt(row: Mapping[Any, Any]) -> Attempt:
    client = clients.find(parked.client_of(row["request_id"])) if row["request_id"] else None
    if client is not None:
        g.asking = client
    sealed = row["sealed_email"]
    return Attempt(
        id=row["id"],
        purpose=row["purpose"],
        request_id=row["request_id"],
        session_id=row["session_id"],
        account_id=row["account_id"],
        methods=row["methods"],
        email=open_for_system(sealed, _context(row["id"])) if sealed else "",
        return_to=row["return_to"],
        client=client,
        began_at=row["created_at"],
    )


def _context(attempt_id: str) -> str:
    return f"attempt\0{attempt_id}"
