"""Who may open a view. Every view declares exactly one of these; a test of the house checks it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.clients import service as clients
from idp.kernel.contracts import SessionView
from idp.sessions import parked
from idp.sessions.current import session
from idp.sessions.meanwhile import OVER, TOO_OLD, first
from idp.sessions.strength import at_full_strength, at_two_factors, is_fresh, may_change_credentials

View = TypeVar("View", bound=Callable[..., Any])


def open_to_all(view: View) -> View:
    """Anybody may open it."""
    return _marked(view, "open_to_all")


def protocol(view: View) -> View:
    """A machine calls it: no form token, no session, its own authentication, its own error answers."""
    return _marked(view, "protocol")


def signed_in(view: View) -> View:
    """Only with a live session; others sign in first and come back."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if _session_for(kwargs) else _sign_in(kwargs)

    return _marked(guarded, "signed_in")  # type: ignore[return-value]


def fresh(view: View) -> View:
    """Only with a proof at most ten minutes old, at the highest level that the account can reach (63B section 4.1.2.1,
    ASVS 7.5.1); others confirm who they are and come back."""
    return _proven(view, "fresh", at_full_strength)


def recent(view: View) -> View:
    """As :func:`fresh`, where two factors of any kind are enough because what a weaker proof asks for will wait."""
    return _proven(view, "recent", at_two_factors)


def _proven(view: View, guard: str, strong: Callable[[SessionView], bool]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if (here := _session_for(kwargs)) is None:
            return _sign_in(kwargs)
        if not is_fresh(here) or not strong(here):
            full = "yes" if strong is at_full_strength else None
            return first("signin.confirm", TOO_OLD, return_to=_here(), full=full)
        if strong is at_full_strength and not may_change_credentials(here):
            return redirect(url_for("signin.wait", return_to=_here()), 303)
        return view(*args, **kwargs)

    return _marked(guarded, guard)  # type: ignore[return-value]


def _marked(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view


def _session_for(arguments: dict[str, Any]) -> SessionView | None:
    """The session that counts on this page: where it serves a request that waits, that is for the app to say."""
    if request_id := arguments.get("request_id"):
        g.asking = clients.find(parked.client_of(request_id))
    elif owner := arguments.get("owner"):
        g.asking = clients.find(owner)
    return session()


def _sign_in(arguments: dict[str, Any]) -> Response:
    """To the sign-in: of the request that waits, or else of this page."""
    if request_id := arguments.get("request_id"):
        return first("signin.sign_in", OVER, request_id=request_id)
    return first("signin.sign_in", OVER, return_to=_here())


def _here() -> str:
    return request.path
