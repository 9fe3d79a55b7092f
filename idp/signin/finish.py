"""The end of a sign-in: the only place that opens or raises a session."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.accounts import service as accounts
from idp.audit.actor import acting
from idp.audit.service import record
from idp.kernel.db import transaction
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.sessions import attempt as attempts
from idp.sessions import current, parked
from idp.sessions import service as sessions
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.signin.errors import NotOpen
from idp.signin.events import SessionConfirmed, SessionOpened
from idp.signin.journey import Step, next_step
from idp.web.redirects import own_path

OFFERED = "offered"
"""Noted on an attempt beside its methods when a second factor was offered. It is no method, so it proves nothing."""


def advance(attempt_id: str) -> Response:
    """Go on to what this attempt owes next, or finish it. Raises ``AttemptGone``."""
    attempt = attempts.load(attempt_id)
    step = step_of(attempt)
    if step.kind == "done":
        return finish(attempt)
    if step.endpoint is None:
        raise AttemptGone("nothing proven")
    if step.kind == "offer":
        attempts.note(attempt.id, OFFERED)
    return redirect(url_for(step.endpoint, attempt_id=attempt.id), 303)


def step_of(attempt: Attempt) -> Step:
    """What this attempt owes next."""
    known = registry().methods
    account_id = attempt.account_id
    return next_step(
        attempt.purpose,
        passed=[known[name] for name in _proven(attempt)] if account_id else (),
        enrolled=[method for method in known.values() if account_id and method.enrolled(account_id)],
        known=known.values(),
        required=settings().mfa == "required",
        offered=OFFERED in attempt.methods,
    )


def finish(attempt: Attempt) -> Response:
    """Spend the attempt, open or raise the session, and send the browser where it was going."""
    account = accounts.account(attempt.account_id or "")
    if account is None or account.status != accounts.ACTIVE:
        raise NotOpen
    with acting("resident"), transaction():
        attempts.finish(attempt.id)
        session_id = _confirm(attempt) if attempt.purpose == "confirm" else _seat(account.id, _proven(attempt))
    current.forget()
    if attempt.request_id:
        parked.authenticated(attempt.request_id, session_id)
        return redirect(url_for("oidc.resume", request_id=attempt.request_id), 303)
    return redirect(own_path(attempt.return_to) or url_for("profiles.home"), 303)


def _seat(account_id: str, methods: tuple[str, ...]) -> str:
    """The session of a resident who came in. This browser's old one is raised when it is theirs, and else ended."""
    standing = current.session()
    if standing is not None and standing.account_id == account_id:
        return _raise(standing.id, account_id, methods)
    if standing is not None:
        lifecycle.end_session(standing.id)
    session_id = sessions.open_session(account_id, methods)
    record(SessionOpened(session_id=session_id, methods=methods), account_id=account_id)
    return session_id


def _confirm(attempt: Attempt) -> str:
    """Raise the session that the attempt was begun on. Raises ``AttemptGone`` when this browser has another by now."""
    standing = current.session()
    if standing is None or standing.id != attempt.session_id or standing.account_id != attempt.account_id:
        raise AttemptGone("another session")
    return _raise(standing.id, standing.account_id, _proven(attempt))


def _raise(session_id: str, account_id: str, methods: tuple[str, ...]) -> str:
    sessions.elevate(session_id, methods)
    record(SessionConfirmed(session_id=session_id, methods=methods), account_id=account_id)
    return session_id


def _proven(attempt: Attempt) -> tuple[str, ...]:
    return tuple(name for name in attempt.methods if name in registry().methods)
