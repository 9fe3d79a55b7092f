"""Leave an app's sign-in without signing in."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.sessions import parked
from idp.sessions.guards import open_to_all
from idp.signin.views.hall import signin


@signin.post("/sign-in/<request_id>/turn-back")
@open_to_all
def turn_back(request_id: str) -> Response:
    """The resident goes back, and the app is told so (OIDC Core section 3.1.2.6, ``access_denied``)."""
    parked.refuse(parked.load(request_id).id)
    return redirect(url_for("oidc.resume", request_id=request_id), 303)
