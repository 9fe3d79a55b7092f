"""When a password is enough: for a browser whose session only rested, and never at a request for more."""

from __future__ import annotations

from idp.clients import asking
from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions import parked, waking
from idp.sessions.assurance import AAL2, satisfies
from idp.sessions.attempt import Attempt
from idp.sessions.parked import Parked
from idp.signin import new_password


def woken(attempt: Attempt, methods: tuple[str, ...]) -> bool:
    """Whether this browser's rested session goes on, so that the attempt is over. Call it in a transaction."""
    if attempt.purpose != "sign_in" or attempt.account_id is None or new_password.was_bad(attempt):
        return False
    if not any("know" in registry().methods[name].factors for name in methods) or _asks_for_more(attempt):
        return False
    session_id = waking.wake(attempt.account_id)
    if session_id is None:
        return False
    attempts.finish(attempt.id)
    if attempt.request_id:
        parked.authenticated(attempt.request_id, session_id)
    return True


def _asks_for_more(attempt: Attempt) -> bool:
    """Whether the app wants a new sign-in, or a level above that of every session with two factors."""
    if attempt.request_id is None:
        return False
    request = parked.load(attempt.request_id)
    wants = request.parameters
    new = "max_age" in wants or "login" in wants.get("prompt", "").split()
    return new or not all(satisfies(AAL2, level) for level in _levels(request))


def _levels(request: Parked) -> list[str]:
    """Every ``acr`` that the app demands or prefers."""
    asked = asking.parse(request.parameters.get("claims", "")).id_token.get("acr")
    client, named = request.client, request.parameters.get("acr_values", "").split()
    named += [str(value) for value in (asked.values or () if asked else ())]
    return [*(named or client.metadata.default_acr_values), *([client.require_acr] if client.require_acr else [])]
