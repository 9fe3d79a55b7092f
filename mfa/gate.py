"""The strength gate: is this sign-in as strong as the app demands or prefers?"""

from __future__ import annotations

from idp.clients import service as clients
from idp.kernel.contracts import Ask, Need, SessionView
from idp.kernel.registry import registry
from idp.sessions.strength import methods_of
from mfa.policy import any_satisfied, best_acr


def strength(ask: Ask) -> Ask | Need:
    """Let the request through, or say that a stronger sign-in is owed.

    What the app registered as its minimum is owed until it is reached, and so is an essential ``acr`` of its ``claims``
    parameter (OIDC Core section 5.5.1.1). ``acr_values`` are a preference (section 3.1.2.1): the resident is asked
    once, if they have the means; the ID token says what was reached.
    """
    session, client = ask.session, clients.find(ask.client_id)
    if session is None or client is None:
        return Need("login_required", "signin.sign_in", "nobody is signed in")
    for demanded in ((client.require_acr,) if client.require_acr else (), ask.demanded_acr):
        if demanded and not any_satisfied(session.acr, demanded):
            return _demanded(demanded)
    if _could_do_better(ask, session):
        return Need("interaction_required", "mfa.step_up", "the app prefers a stronger sign-in")
    return ask


def _demanded(levels: tuple[str, ...]) -> Need:
    if not any_satisfied(best_acr(registry().methods.values()), levels):
        return Need("unmet_authentication_requirements", None, "no method reaches what the app demands")
    return Need("interaction_required", "mfa.step_up", "the app demands a stronger sign-in")


def _could_do_better(ask: Ask, session: SessionView) -> bool:
    if not ask.acr_values or ask.authenticated_at is not None or any_satisfied(session.acr, ask.acr_values):
        return False
    return any_satisfied(best_acr(methods_of(session.account_id)), ask.acr_values)
