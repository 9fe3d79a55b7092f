"""Sign out."""

from __future__ import annotations

from typing import Any

from flask import g, request, url_for
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.audit.actor import acting
from idp.clients import service as clients
from idp.sessions import cookie
from idp.sessions.current import session
from idp.sessions.guards import open_to_all
from idp.signin.views.hall import signin
from idp.web.farewell import farewell
from idp.web.pages import render
from idp.web.redirects import extended

WAY_BACK = ("client_id", "post_logout_redirect_uri", "state")


@signin.post("/sign-out")
@open_to_all
def sign_out() -> Response:
    """End whatever this browser is signed in to, and the tokens that hang on it. Often there is nothing to do."""
    here = session()
    with acting("resident"):
        visits = lifecycle.leave(here.id if here else "")
    cookie.clear(None)
    response = farewell([one.frame for one in visits if one.frame], url_for("signin.signed_out", **_asked()))
    # Not "cookies": that would reach every site of the state's domain.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@signin.get("/signed-out")
@open_to_all
def signed_out() -> Response:
    """Say so, with a way back to the app that asked for it, at an address that it registered."""
    asked = _asked()
    app, address = clients.live(asked.get("client_id", "")), asked.get("post_logout_redirect_uri", "")
    if app is None or address not in app.post_logout_redirect_uris:
        return render("signin/signed_out.html", back=None)
    g.asking = app
    return render(
        "signin/signed_out.html", back=extended(address, {"state": asked["state"]} if "state" in asked else {})
    )


def _asked() -> dict[str, Any]:
    """What the app said of the way back."""
    return {name: request.args[name] for name in WAY_BACK if request.args.get(name)}
