"""Who may do what here. The account is always the attempt's or session's own, never one that was typed."""

from __future__ import annotations

from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from idp.kernel import clock
from idp.kernel.contracts import SessionView
from idp.kernel.errors import Misconfigured
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL2, satisfies
from idp.sessions.attempt import OPEN_FOR, Attempt
from idp.sessions.current import session
from idp.sessions.errors import AttemptGone
from idp.sessions.strength import methods_of
from mfa import service
from mfa.enrolled import named
from mfa.errors import SetUpClosed
from mfa.policy import best_acr, has_second_factor


def account_of(attempt: Attempt) -> str:
    """The account that this attempt is about. Raises :class:`AttemptGone` while it is not known."""
    if attempt.account_id is None:
        raise AttemptGone("no account yet")
    return attempt.account_id


def demand_set_up(attempt: Attempt) -> str:
    """The account, if this attempt may set up its first second factor. Raises :class:`SetUpClosed` otherwise.

    Something must have been proved, and an account that has a second factor shows it first (63B section 4.1.2.1).
    """
    account_id = account_of(attempt)
    if not named(attempt.methods):
        raise SetUpClosed("nothing proved yet")
    if has_second_factor(methods_of(account_id)):
        raise SetUpClosed("a second factor exists")
    return account_id


def demand_just_set_up(attempt: Attempt) -> str:
    """The account, if this attempt has two factors, of which the app is new. Raises :class:`SetUpClosed` otherwise.

    Recovery codes are shown to nobody else during a sign-in: neither a password alone nor an old session fetches them
    (63B sections 3.1.2 and 6.3).
    """
    account_id = account_of(attempt)
    app = service.app_of(account_id)
    new = app is not None and app.created_at > clock.now() - OPEN_FOR
    if not new or service.TOTP not in attempt.methods or not satisfies(best_acr(named(attempt.methods)), AAL2):
        raise SetUpClosed("no app was set up here")
    return account_id


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
