"""The blueprint that every door of this room hangs on, and what its pages have in common."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from idp.accounts import service as accounts
from idp.kernel import clock
from idp.sessions import service as sessions
from idp.sessions.current import account_id
from idp.sessions.strength import FRESH_FOR

desk = Blueprint("profiles", "profiles", url_prefix="/account", template_folder="templates")


@desk.context_processor
def offers() -> dict[str, Callable[[], bool]]:
    """What a page asks for when it shows its notices."""
    return {"changed_lately": _changed_lately}


def _changed_lately() -> bool:
    """Whether a way to sign in was changed a moment ago while other sign-ins last (ASVS 7.4.3)."""
    changed_at = accounts.resident(account_id()).credentials_changed_at
    just_now = changed_at is not None and changed_at > clock.now() - FRESH_FOR
    return just_now and len(sessions.sessions_of(account_id(), limit=2)) > 1
