"""Sign out."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.audit.actor import acting
from idp.sessions import cookie
from idp.sessions.current import session
from idp.sessions.guards import open_to_all
from idp.signin.views.hall import signin
from idp.web.pages import render


@signin.post("/sign-out")
@open_to_all
def sign_out() -> Response:
    """End this browser's session and the tokens that hang on it. Without one, there is nothing to do."""
    here = session()
    if here is not None:
        with acting("resident"):
            lifecycle.end_session(here.id)
    cookie.clear()
    response = redirect(url_for("signin.signed_out"), 303)
    # Not "cookies": that would reach every site of the state's domain.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@signin.get("/signed-out")
@open_to_all
def signed_out() -> Response:
    """Say so."""
    return render("signin/signed_out.html")
