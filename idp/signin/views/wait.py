"""A change that has to wait: who came in by a code, in a browser that is new to the account."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.accounts import browsers
from idp.sessions.current import account_id, session
from idp.sessions.guards import signed_in
from idp.sessions.strength import may_change_credentials
from idp.signin.views.hall import return_to, signin
from idp.web.browser import known_as
from idp.web.pages import render


@signin.get("/wait")
@signed_in
def wait() -> Response:
    """Say from when on the change can be made, and what can be done at once."""
    here = session()
    if here is None or may_change_credentials(here):
        return redirect(return_to() or url_for("profiles.home"), 303)
    settles_at = browsers.acquaintance(account_id(), known_as()).settles_at
    return render("signin/wait.html", settles_at=settles_at)
