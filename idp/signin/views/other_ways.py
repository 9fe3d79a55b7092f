"""Other ways to pass the second step."""

from __future__ import annotations

from flask import url_for
from werkzeug.wrappers import Response

from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.signin.views.hall import signin
from idp.web.pages import render


@signin.get("/sign-in/other-ways/<attempt_id>")
@open_to_all
def other_ways(attempt_id: str) -> Response:
    """List what this account has set up, once its password was given."""
    attempt = attempts.load(attempt_id)
    if attempt.account_id is None or not attempt.methods:
        raise AttemptGone("nothing proven")
    ways = [
        (method.label, url_for(method.challenge_endpoint, attempt_id=attempt.id))
        for method in registry().methods.values()
        if method.challenge_endpoint and method.name not in attempt.methods and method.enrolled(attempt.account_id)
    ]
    return render("signin/other_ways.html", ways=ways)
