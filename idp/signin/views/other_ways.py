"""Other ways to show that it is you."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.kernel.contracts import AuthMethod
from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.sessions.strength import methods_of
from idp.sessions.ways import ways_in, ways_up
from idp.signin.finish import proven, wanted_by
from idp.signin.views.hall import signin
from idp.web.pages import render


@signin.get("/sign-in/other-ways/<attempt_id>")
@open_to_all
def other_ways(attempt_id: str) -> Response:
    """List what this account has set up and what would help here, strongest first; and the way for who has none."""
    attempt = attempts.load(attempt_id)
    if attempt.purpose == "recover":
        return redirect(url_for("signin.recover_more", attempt_id=attempt_id), 303)
    return render("signin/other_ways.html", ways=_ways(attempt), attempt_id=attempt_id)


def _ways(attempt: Attempt) -> list[AuthMethod]:
    """Only the resident hears what an account has: whoever passed a method of it, or is signed in to it."""
    known = registry().methods
    passed = [known[name] for name in proven(attempt)]
    if attempt.account_id is None or not (passed or attempt.purpose == "confirm"):
        raise AttemptGone("nothing proven")
    mine = methods_of(attempt.account_id)
    return ways_up(passed, mine) if passed else ways_in(mine, wanted_by(attempt))
