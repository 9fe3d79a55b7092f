"""Floor 4: what happens to all that a resident holds when the account is signed out, in danger, or comes to its end.

Each verb is one transaction. Even before it, sessions and tokens look at the account's status at every use, so a lock
holds on every process at the next request. Whatever ends a session tells the apps that it was used at, by messages in
that transaction, so nobody waits for an app (OpenID Connect Back-Channel Logout 1.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from idp.accounts import notices, status
from idp.accounts import service as accounts
from idp.accounts.errors import NotInUse, TooLateToKeep
from idp.accounts.events import (
    AccountClosing,
    AccountDisavowed,
    AccountErased,
    AccountFrozen,
    AccountKept,
    AccountLocked,
    AccountReleased,
    AccountUnlocked,
)
from idp.audit.service import record
from idp.kernel.db import execute, transaction
from idp.kernel.errors import NotFound
from idp.kernel.registry import registry
from idp.outbox import service as outbox
from idp.outbox.service import Parcel
from idp.sessions import attempt as attempts
from idp.sessions import service as sessions
from idp.sessions.events import SessionEnded, SignedOutEverywhere, SignedOutOfApp
from idp.sessions.models import SessionRow
from idp.sessions.service import Ended
from idp.tokens import codes, families
from idp.tokens import service as tokens
from idp.tokens.telling import SECURITY_EVENT, tell_apps
from idp.tokens.visits import Visit, visits_of

__all__ = [
    "LOGOUT",
    "SECURITY_EVENT",
    "close",
    "disavow",
    "end_other_sessions",
    "end_overdue",
    "end_session",
    "erase",
    "erase_due",
    "freeze",
    "keep_open",
    "leave",
    "lock",
    "release",
    "remind",
    "sign_out",
    "sign_out_of",
    "tell_apps",
    "unlock",
]

LOGOUT = "logout"
"""The kind of a message that tells an app of the end of a session."""


def lock(account_id: str) -> None:
    """Lock an account: nobody signs in, every session and token ends."""
    with transaction():
        accounts.set_status(account_id, "locked")
        record(AccountLocked(), account_id=account_id)
        sign_out(account_id)
        tell_apps(account_id, "account-disabled")


def unlock(account_id: str) -> None:
    """Release a locked account. Sessions and tokens do not come back."""
    with transaction():
        accounts.set_status(account_id, "active")
        record(AccountUnlocked(), account_id=account_id)
        tell_apps(account_id, "account-enabled")


def freeze(account_id: str) -> bool:
    """Stop every use of an account at its resident's wish; one that was closing closes no more.

    An account that is frozen or locked stays so. Whether it was in use.
    """
    with transaction():
        if not status.freeze(account_id):
            return False
        record(AccountFrozen(), account_id=account_id)
        sign_out(account_id)
        notices.announce(account_id, "accounts/frozen", about="frozen")
        tell_apps(account_id, "account-disabled")
    return True


def release(account_id: str) -> None:
    """Take a frozen account back into use. Whoever calls this has seen two factors. Raises :class:`NotInUse`."""
    with transaction():
        if not status.release(account_id):
            raise NotInUse
        record(AccountReleased(), account_id=account_id)
        notices.announce(account_id, "accounts/reopened", about="reopened")
        tell_apps(account_id, "account-enabled")


def close(account_id: str) -> int:
    """Let an account end in fourteen days; until then it can be kept. Returns when it ends (seconds since the epoch).

    Raises :class:`NotInUse`.
    """
    with transaction():
        if (closes_at := status.begin_closing(account_id)) is None:
            raise NotInUse
        record(AccountClosing(closes_at=closes_at), account_id=account_id)
        sign_out(account_id)
        _tell_of_closing(account_id, closes_at)
        tell_apps(account_id, "account-disabled")
    return closes_at


def keep_open(account_id: str) -> None:
    """Take a closing account back into use. Raises :class:`TooLateToKeep`."""
    with transaction():
        if not status.keep_open(account_id):
            raise TooLateToKeep
        record(AccountKept(), account_id=account_id)
        notices.announce(account_id, "accounts/reopened", about="reopened")
        tell_apps(account_id, "account-enabled")


def disavow(account_id: str, since: int) -> None:
    """Undo what somebody else may have done from ``since`` on (seconds since the epoch).

    Every session, token and sign-in under way ends, sharing pauses, a closing stops, and whatever was added since is
    taken out of use. What is older works as before; where nothing of it does, the account is to be recovered.
    """
    with transaction():
        ended = sign_out(account_id)
        if status.keep_open(account_id):
            record(AccountKept(), account_id=account_id)
        counts = {holding.name: holding.quarantine(account_id, since) for holding in registry().holdings}
        quarantined = tuple(f"{name} {count}" for name, count in counts.items() if count)
        record(AccountDisavowed(since=since, sessions=ended, quarantined=quarantined), account_id=account_id)
        notices.note_credentials(account_id)
        notices.settle(account_id, since)
        notices.announce(account_id, "accounts/disavowed", about="disavowed", since=since)
        tell_apps(account_id, "credential-compromise", credential_type="any")
        tell_apps(account_id, "session-revoked")


def erase(account_id: str, *, due: bool = False, approved_by: str = "") -> bool:
    """Erase a resident for good: all that the account held, and the key without which no copy of it can be read.

    The id stays, and so do the names by which apps know it, so that neither is ever given to somebody else. With
    ``due`` only where a closing account's time is over. Whether there was something to erase.
    """
    with transaction():
        if not status.erase(account_id, due=due):
            return False
        sign_out(account_id)
        tell_apps(account_id, "account-purged")
        for holding in registry().holdings:
            holding.erase(account_id)
        record(AccountErased(approved_by=approved_by), account_id=account_id)
    return True


def erase_due(limit: int) -> int:
    """Erase closing accounts whose time is over, each in a transaction of its own. Returns how many."""
    return sum(erase(account_id, due=True) for account_id in status.due(limit))


def remind(limit: int) -> int:
    """Write to residents whose account is about to end, half-way and a day before. Returns how many."""
    waiting = status.to_remind(limit)
    for account_id in waiting:
        with transaction():
            if status.hold_to_remind(account_id):
                _tell_of_closing(account_id, status.closes_at(account_id) or 0)
    return len(waiting)


def sign_out(account_id: str) -> int:
    """End every session and token of a resident, and every sign-in under way. Returns how many sessions were live."""
    with transaction():
        attempts.end_all(account_id)
        ended = sessions.end_all(account_id)
        revoked = tokens.revoke(account_id)
        _tell(_visits(ended))
        record(SignedOutEverywhere(sessions=len(ended), token_families=revoked), account_id=account_id)
    return len(ended)


def end_session(session_id: str) -> None:
    """End one session with the tokens that hang on it. Raises :class:`NotFound` when there is no such session."""
    if execute(select(SessionRow.id).where(SessionRow.id == session_id)).first() is None:
        raise NotFound(f"No session has the id {session_id}.")
    with transaction():
        _close(sessions.end(session_id))


def end_other_sessions(account_id: str, keep: str) -> int:
    """End every session of a resident but ``keep``, with the tokens that hang on them. Returns how many.

    That includes sessions that rested too long to be used again: tokens of theirs may still be alive.
    """
    with transaction():
        others = sessions.end_all(account_id, keep=keep)
        _close(others)
    return len(others)


def leave(session_id: str, account_id: str | None = None) -> tuple[Visit, ...]:
    """End what this browser is signed in to, isolated apps and all, for everybody or for one resident.

    ``session_id`` is the session at hand. Returns where the sessions were used, for the browser to say good-bye.
    """
    with transaction():
        return _close(sessions.end_here(session_id, account_id))


def sign_out_of(account_id: str, client_id: str) -> tuple[Visit, ...]:
    """Sign a resident out of one app, wherever they are signed in to it. What it may do while they are away stays."""
    with transaction():
        standing = sessions.standing(account_id)
        sessions.end_all(account_id, owner=client_id)
        revoked = tokens.revoke_online_at(account_id, client_id)
        visits = visits_of(standing, client_id)
        _tell(visits)
        record(SignedOutOfApp(token_families=revoked), account_id=account_id, client_id=client_id)
    return visits


def end_overdue(limit: int) -> int:
    """Close the sessions whose time was over by itself. Returns how many."""
    with transaction():
        ended = sessions.end_overdue(limit)
        families.revoke_online([one.id for one in ended])
        for one in ended:
            codes.drop(session_id=one.id)
        _tell(_visits(ended))
    return len(ended)


def _tell_of_closing(account_id: str, closes_at: int) -> None:
    notices.announce(account_id, "accounts/closing", about=status.ABOUT_CLOSING, closes_at=closes_at)


def _close(ended: Sequence[Ended]) -> tuple[Visit, ...]:
    """What hangs on sessions goes with them, on record."""
    for one in ended:
        tokens.revoke_with_session(one.account_id, one.id)
        record(SessionEnded(session_id=one.id), account_id=one.account_id)
    visits = _visits(ended)
    _tell(visits)
    return visits


def _visits(ended: Iterable[Ended]) -> tuple[Visit, ...]:
    return visits_of([one.id for one in ended])


def _tell(visits: Iterable[Visit]) -> None:
    """Queue a message to each app that takes them. Its token is made when it is delivered."""
    outbox.queue_all(
        LOGOUT,
        (
            Parcel({"client_id": one.client_id, "sub": one.subject, "sid": one.sid}, one.account_id, one.client_id)
            for one in visits
            if one.told
        ),
    )
