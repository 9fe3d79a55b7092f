"""Choose the second way to sign in, or a further one, and go to where it is set up."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from idp.kernel.contracts import AuthMethod
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.sessions import attempt as attempts
from idp.sessions.assurance import raises
from idp.sessions.attempt import SET_UP, Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.sessions.strength import may_add_way
from idp.sessions.ways import ways_to_add
from idp.signin.finish import advance, proven, step_of
from idp.signin.views.hall import signin
from idp.web.forms import Form
from idp.web.pages import render


@signin.route("/sign-in/second-way/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def second_way(attempt_id: str) -> Response:
    """Offer what can be set up, strongest first; or, where it can wait, put it off."""
    attempt, form = attempts.load(attempt_id), Form()
    if not may_add_way(attempt):
        return _owed(attempt)
    may_wait = _may_wait(attempt)
    if may_wait and form.validate_on_submit() and "later" in request.form:
        return advance(attempt_id)
    more = SET_UP in attempt.methods
    return render(
        "signin/second_way.html", form=form, attempt=attempt, ways=_ways(attempt), may_wait=may_wait, more=more
    )


def _ways(attempt: Attempt) -> list[AuthMethod]:
    """What can be set up; for an app that waits for a stronger sign-in, what makes it stronger."""
    known = registry().methods
    passed = [known[name] for name in proven(attempt)]
    ways = ways_to_add(passed, known.values())
    return [way for way in ways if attempt.purpose != "confirm" or raises(passed, way)]


def _owed(attempt: Attempt) -> Response:
    """What comes before setting up anything here. Raises ``AttemptGone`` where nothing does."""
    if (page := step_of(attempt).endpoint) is None:
        raise AttemptGone("nothing to set up")
    return redirect(url_for(page, attempt_id=attempt.id), 303)


def _may_wait(attempt: Attempt) -> bool:
    """Whether this can be put off: not when the app that asks would only send back for it."""
    if SET_UP in attempt.methods:
        return True
    return settings().mfa == "optional" and attempt.purpose not in {"confirm", "recover"}
