"""Floor 4: what happens to all that a resident holds when the account is locked, released or signed out.

Each verb is one transaction. Even before it, sessions and tokens look at the account's status at every use, so a lock
holds on every process at the next request.
"""

from __future__ import annotations

from sqlalchemy import select

from idp.accounts import service as accounts
from idp.accounts.events import AccountLocked, AccountUnlocked
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.db import execute, transaction
from idp.kernel.errors import NotFound
from idp.sessions import attempt as attempts
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
    """End every session and token of a resident, and every sign-in under way. Returns how many sessions were live."""
    with transaction():
        attempts.end_all(account_id)
        ended = sessions.end_all(account_id)
        revoked = tokens.revoke(account_id)
        record(SignedOutEverywhere(sessions=ended, token_families=revoked), account_id=account_id)
    return ended


def end_session(session_id: str) -> None:
    """End one session with the tokens that hang on it. Raises :class:`NotFound` when there is no such session."""
    owner = execute(select(SessionRow.account_id).where(SessionRow.id == session_id)).scalar_one_or_none()
    if owner is None:
        raise NotFound(f"No session has the id {session_id}.")
    with transaction():
        if sessions.end(session_id):
            tokens.revoke_with_session(owner, session_id)
            record(SessionEnded(session_id=session_id), account_id=owner)


def end_other_sessions(account_id: str, keep: str) -> int:
    """End every session of a resident but ``keep``, with the tokens that hang on them. Returns how many.

    That includes sessions that rested too long to be used again: tokens of theirs may still be alive.
    """
    open_ones = select(SessionRow.id).where(
        SessionRow.account_id == account_id, SessionRow.ended_at.is_(None), SessionRow.expires_at > clock.now()
    )
    with transaction():
        others = execute(open_ones.where(SessionRow.id != keep)).scalars().all()
        for session_id in others:
            end_session(session_id)
    return len(others)
