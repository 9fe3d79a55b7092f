"""Who may do what here. The account is always the attempt's or session's own, never one that was typed."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from idp.accounts import browsers
from idp.kernel.contracts import SessionView
from idp.kernel.errors import Misconfigured
from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions.assurance import AAL2, satisfies
from idp.sessions.attempt import SET_UP, Attempt
from idp.sessions.current import session
from idp.sessions.errors import AttemptGone
from idp.sessions.strength import may_add_way
from idp.web.browser import known_as
from mfa.codes import codes_of
from mfa.enrolled import named
from mfa.errors import SetUpClosed, clock_words
from mfa.policy import best_acr
from mfa.totp import TELL_FROM


def account_of(attempt: Attempt) -> str:
    """The account that this attempt is about. Raises :class:`AttemptGone` while it is not known."""
    if attempt.account_id is None:
        raise AttemptGone("no account yet")
    return attempt.account_id


def demand_set_up(attempt: Attempt) -> str:
    """The account, if this attempt may set up a second factor. Raises :class:`SetUpClosed` otherwise."""
    account_id = account_of(attempt)
    if not may_add_way(attempt):
        raise SetUpClosed("not from here")
    return account_id


def only_first(attempt: Attempt) -> bool:
    """Whether what is set up in this attempt must be the first second factor of its account."""
    return SET_UP not in attempt.methods and attempt.purpose != "recover"


def set_up_done(attempt_id: str, method: str) -> Response:
    """Where the attempt goes now that ``method`` was set up in it, and so passed: on, or to recovery codes first."""
    attempts.note(attempt_id, SET_UP)
    attempt = attempts.note(attempt_id, method)
    if has_two_factors(attempt) and not codes_of(account_of(attempt)):
        return redirect(url_for("mfa.save_codes", attempt_id=attempt_id), 303)
    return onward(attempt_id)


def demand_just_set_up(attempt: Attempt) -> str:
    """The account, if this attempt has two factors, of which one is new. Raises :class:`SetUpClosed` otherwise.

    Recovery codes are shown to nobody else during a sign-in: neither a password alone nor an old session fetches them
    (63B sections 3.1.2 and 6.3).
    """
    account_id = account_of(attempt)
    if SET_UP not in attempt.methods or not has_two_factors(attempt):
        raise SetUpClosed("nothing was set up here")
    return account_id


def has_two_factors(attempt: Attempt) -> bool:
    """Whether this attempt has reached AAL2."""
    return satisfies(best_acr(named(attempt.methods)), AAL2)


def known_here(account_id: str) -> str:
    """The id of this browser where the account knows it, and empty where not. Tries in it are counted apart."""
    return browsers.recognised(account_id, known_as())


def onward(attempt_id: str) -> Response:
    """Where the attempt goes now that a step is done."""
    if (advance := registry().advance) is None:
        raise Misconfigured("No room takes sign-ins further.")
    return advance(attempt_id)


def here() -> SessionView:
    """The session behind a guarded view. Raises Unauthorized where the guard was forgotten."""
    if (view := session()) is None:
        raise Unauthorized
    return view


def tell_of_clock(seconds: int) -> None:
    """Say on the next page that a phone's clock is wrong, if it is by much. ``seconds`` is how far it is ahead."""
    if abs(seconds) >= TELL_FROM:
        flash(clock_words(seconds), "warning")
