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
from idp.web.browser import known_as, make_known
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


def resume(attempt: Attempt) -> Response:
    """Lead a browser that came back to a step behind it to the page it left. Nothing changes. Raises ``AttemptGone``.

    Where nothing is owed and the attempt is open, that is where a second way to sign in is being set up.
    """
    set_up = (method.enrol_endpoint for method in registry().methods.values())
    if (page := step_of(attempt).endpoint or next(filter(None, set_up), None)) is None:
        raise AttemptGone("nothing to set up")
    return redirect(url_for(page, attempt_id=attempt.id), 303)


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
        if attempt.purpose == "confirm":
            _confirm(attempt)
        else:
            _seat(attempt, account.id, _proven(attempt))
    current.forget()
    make_known(accounts.introduce(account.id, known_as()))
    return redirect(_onward(attempt), 303)


def _onward(attempt: Attempt) -> str:
    if attempt.request_id and not attempt.return_to:
        return url_for("oidc.resume", request_id=attempt.request_id)
    return own_path(attempt.return_to) or url_for("profiles.home")


def _seat(attempt: Attempt, account_id: str, methods: tuple[str, ...]) -> None:
    """The session of a resident who came in. This browser's old one is raised when it is theirs, and else ended."""
    standing = current.session()
    if standing is not None and standing.account_id == account_id:
        session_id = standing.id
        sessions.elevate(session_id, methods)
        record(SessionConfirmed(session_id=session_id, methods=methods), account_id=account_id)
    else:
        if standing is not None:
            lifecycle.leave(standing.id, standing.account_id)
        session_id = sessions.open_session(account_id, methods)
        record(SessionOpened(session_id=session_id, methods=methods), account_id=account_id)
    if attempt.request_id:
        parked.authenticated(attempt.request_id, session_id)


def _confirm(attempt: Attempt) -> None:
    """Raise the session that the attempt was begun on. Raises ``AttemptGone`` when this browser has another by now.

    A step-up for an app adds a factor to what was proven before, so it is no new sign-in and tells no later auth_time.
    A confirmation on the way to one of our pages is.
    """
    standing = current.session()
    if standing is None or standing.id != attempt.session_id or standing.account_id != attempt.account_id:
        raise AttemptGone("another session")
    methods = _proven(attempt)
    if attempt.request_id and not attempt.return_to:
        sessions.strengthen(standing.id, methods)
    else:
        sessions.elevate(standing.id, methods)
    record(SessionConfirmed(session_id=standing.id, methods=methods), account_id=standing.account_id)


def _proven(attempt: Attempt) -> tuple[str, ...]:
    return tuple(name for name in attempt.methods if name in registry().methods)
