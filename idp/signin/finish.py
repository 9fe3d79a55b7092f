"""The end of a sign-in: the only place that opens or raises a session."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.accounts import service as accounts
from idp.accounts import status
from idp.audit.actor import acting
from idp.audit.service import record
from idp.kernel.db import transaction
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.sessions import attempt as attempts
from idp.sessions import current, parked
from idp.sessions import service as sessions
from idp.sessions.assurance import AAL2
from idp.sessions.attempt import MAY_REPLACE, SET_UP, Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.strength import highest, is_guarded
from idp.signin import cases, new_password, recovering, waking, watch
from idp.signin.errors import NotOpen
from idp.signin.events import SessionConfirmed, SessionOpened
from idp.signin.journey import SECOND_WAY, Step, next_step, put_away
from idp.signin.recovering import RECOVER
from idp.web.browser import known_as, make_known
from idp.web.redirects import own_path

OFFERED = "offered"
"""Noted on an attempt beside its methods when a second factor was offered. It is no method, so it proves nothing."""

SAVE_CODES = "mfa.save_codes"
"""Where recovery codes are shown once a second way was set up."""

FULL = "full"
"""Noted on a confirmation that leads to a page which needs the highest level of the account."""


def advance(attempt_id: str) -> Response:
    """Go on to what this attempt owes next, or finish it. Raises ``AttemptGone``."""
    attempt = attempts.load(attempt_id)
    step = step_of(attempt)
    if step.kind == "done":
        return _done(attempt)
    if step.endpoint is None:
        raise AttemptGone("nothing proven")
    if step.kind == "offer":
        attempts.note(attempt.id, OFFERED)
    if step.kind == "enrol" and attempt.purpose == RECOVER:
        attempts.note(attempt.id, MAY_REPLACE)
    if step.kind == "second" and (response := _woken(attempt)):
        return response
    watch.proof_given(attempt, proven(attempt))
    return redirect(url_for(step.endpoint, attempt_id=attempt.id), 303)


def _done(attempt: Attempt) -> Response:
    if new_password.is_owed(attempt):
        return redirect(url_for(new_password.PAGE, attempt_id=attempt.id), 303)
    return _recovered(attempt) if attempt.purpose == RECOVER else finish(attempt)


def _woken(attempt: Attempt) -> Response | None:
    """The end of a sign-in whose browser held a session that only rested; None for any other."""
    with acting("resident"), transaction():
        if not waking.woken(attempt, proven(attempt)):
            return None
    current.forget()
    return redirect(_onward(attempt), 303)


def resume(attempt: Attempt) -> Response:
    """Lead a browser that came back to a step behind it to the page it left. Nothing changes. Raises ``AttemptGone``.

    Where nothing is owed and the attempt is open, a second way is being set up, or its recovery codes are to be saved.
    """
    owed = new_password.PAGE if new_password.is_owed(attempt) else None
    page = step_of(attempt).endpoint or owed or (SAVE_CODES if SET_UP in attempt.methods else SECOND_WAY)
    return redirect(url_for(page, attempt_id=attempt.id), 303)


def step_of(attempt: Attempt) -> Step:
    """What this attempt owes next."""
    if attempt.purpose == RECOVER:
        return recovering.step(attempt)
    known = registry().methods
    account_id = attempt.account_id
    step = next_step(
        attempt.purpose,
        passed=[known[name] for name in proven(attempt)] if account_id else (),
        enrolled=[method for method in known.values() if account_id and method.enrolled(account_id)],
        known=known.values(),
        guarded=account_id is not None and is_guarded(account_id),
        wanted=wanted_by(attempt),
        required=settings().mfa == "required",
        offered=OFFERED in attempt.methods,
    )
    return put_away(step) if account_id and status.is_held(account_id) else step


def wanted_by(attempt: Attempt) -> str:
    """The level that an attempt is for."""
    return highest(attempt.account_id) if attempt.account_id and FULL in attempt.methods else AAL2


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
            browser = watch.came_in(attempt, account.id, proven(attempt))
            _seat(attempt, account.id, proven(attempt), new_browser=browser.new)
    current.forget()
    make_known(accounts.introduce(account.id, known_as()))
    return redirect(_onward(attempt), 303)


def _recovered(attempt: Attempt) -> Response:
    """A recovery opens no session: its resident signs in with what was set up."""
    recovering.finish(attempt)
    current.forget()
    return redirect(url_for("signin.recovered", request_id=attempt.request_id), 303)


def _onward(attempt: Attempt) -> str:
    if attempt.purpose == "sign_in" and cases.standing(attempt.account_id or ""):
        back = {"request_id": attempt.request_id} if not attempt.return_to else {"return_to": attempt.return_to}
        return url_for("signin.recovery_waiting", **back)
    if attempt.request_id and not attempt.return_to:
        return url_for("oidc.resume", request_id=attempt.request_id)
    return own_path(attempt.return_to) or url_for("profiles.home")


def _seat(attempt: Attempt, account_id: str, methods: tuple[str, ...], *, new_browser: bool) -> None:
    """The session of a resident who came in. This browser's old one is raised when it is theirs, and else ended."""
    standing = current.session()
    if standing is not None and standing.account_id == account_id:
        session_id = standing.id
        sessions.elevate(session_id, methods)
        record(SessionConfirmed(session_id=session_id, methods=methods), account_id=account_id)
    else:
        if standing is not None:
            lifecycle.leave(standing.id, standing.account_id)
        session_id = sessions.open_session(account_id, methods, new_browser=new_browser)
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
    methods = proven(attempt)
    if attempt.carries:
        sessions.strengthen(standing.id, methods)
    else:
        sessions.elevate(standing.id, methods)
    record(SessionConfirmed(session_id=standing.id, methods=methods), account_id=standing.account_id)


def proven(attempt: Attempt) -> tuple[str, ...]:
    """The methods that were passed in this attempt, without its other notes."""
    return tuple(name for name in attempt.methods if name in registry().methods)
