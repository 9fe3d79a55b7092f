"""The first gate: is somebody signed in, and is it who the app means (OIDC Core sections 3.1.2.1 and 3.1.2.3)?"""

from __future__ import annotations

from idp.kernel import clock
from idp.kernel.contracts import Ask, Need, SessionView
from idp.sessions.parked import Parked


def sign_in(ask: Ask) -> Ask | Need:
    """Let the request through, or say which page is owed.

    ``authenticated_at`` is the parked row's own fact that this session was signed in, or chosen, for this request, so
    each prompt is answered once and not again when the browser comes back.
    """
    session, settled = ask.session, ask.authenticated_at is not None
    if "create" in ask.prompts and not settled:
        return Need("login_required", "signin.sign_up", "the app asks for a new account")
    if session is None:
        return Need("login_required", "signin.sign_in", "nobody is signed in")
    if "select_account" in ask.prompts and not settled:
        return Need("account_selection_required", "signin.choose", "the app asks who is here")
    if ask.hinted_account not in (None, session.account_id):
        return Need("login_required", None if settled else "signin.sign_in", "the app means somebody else")
    if not settled and owes_sign_in(ask.prompts, ask.max_age, session):
        return Need("login_required", "signin.sign_in", "the app asks for a new sign-in")
    return ask


def owes_sign_in(prompts: frozenset[str], max_age: int | None, session: SessionView) -> bool:
    """Whether the app wants more than a session that stands. ``max_age`` is in seconds; 0 is never young enough."""
    if "login" in prompts or max_age == 0:
        return True
    return max_age is not None and clock.now() - session.auth_time > max_age


def parked_owes_sign_in(request: Parked, session: SessionView) -> bool:
    """The same of a request that waits."""
    max_age = request.parameters.get("max_age", "")
    prompts = frozenset(request.parameters.get("prompt", "").split())
    return owes_sign_in(prompts, int(max_age) if max_age.isascii() and max_age.isdigit() else None, session)
