"""Floor 4: what happens to all that a resident holds when the account is locked, released or signed out.

Each verb is one transaction. Even before it, sessions and tokens look at the account's status at every use, so a lock
holds on every process at the next request.
"""

from __future__ import annotations

from sqlalchemy import select

from idp.accounts import service as accounts
from idp.accounts.events import AccountLocked, AccountUnlocked
from idp.audit.service import record
from idp.kernel.db import execute, transaction
from idp.kernel.errors import NotFound
from idp.sessions import service as sessions
from idp.sessions.events import SessionEnded, SignedOutEverywhere
from idp.sessions.models import SessionRow
from idp.tokens import service as tokens


def lock(account_id: str) -> None:
    """Lock an account: nobody signs in, every session and token ends."""
    with transaction():
        accounts.set_status(account_id, "locked")
        record(AccountLocked(), account_id=account_id)
        sign_out(account_id)


def unlock(account_id: str) -> None:
    """Release a locked account. Sessions and tokens do not come back."""
    with transaction():
        accounts.set_status(account_id, "active")
        record(AccountUnlocked(), account_id=account_id)


def sign_out(account_id: str) -> int:
    """End every session and token of a resident. Returns how many sessions were live."""
    with transaction():
        ended = sessions.end_all(account_id)
        revoked = tokens.revoke(account_id=account_id)
        record(SignedOutEverywhere(sessions=ended, token_families=revoked), account_id=account_id)
    return ended


def end_session(session_id: str) -> None:
    """End one session with the tokens that hang on it. Raises :class:`NotFound` when there is no such session."""
    owner = execute(select(SessionRow.account_id).where(SessionRow.id == session_id)).scalar_one_or_none()
    if owner is None:
        raise NotFound(f"No session has the id {session_id}.")
    with transaction():
        if sessions.end(session_id):
            tokens.revoke(session_id=session_id)
            record(SessionEnded(session_id=session_id), account_id=owner)


def end_other_sessions(account_id: str, keep: str) -> int:
    """End every session of a resident but ``keep``, with the tokens that hang on them. Returns how many were live."""
    others = [facts.id for facts in sessions.sessions_of(account_id) if facts.id != keep]
    with transaction():
        for session_id in others:
            end_session(session_id)
    return len(others)
