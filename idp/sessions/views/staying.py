"""A session that is about to end goes on; and where a browser comes to that signed in again for another tab."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.sessions import service
from idp.sessions.current import here, look_again, session
from idp.sessions.guards import open_to_all, signed_in
from idp.web.pages import render

LEFT = "Session-Left"

sessions = Blueprint("sessions", __name__, template_folder="../templates")


@sessions.post("/session/stay")
@sessions.post("/session/stay/<owner>")
@signed_in
def stay(owner: str | None = None) -> Response:  # noqa: ARG001 - the guard reads it
    """Write the use of the session down, and say how long it lasts. There is no page: a browser stays where it is, with
    all that is typed there. ``owner`` is the isolated app whose session it is."""
    service.stay(here().id)
    answer = Response(status=204, headers={LEFT: str(look_again())})
    del answer.headers["Content-Type"]
    return answer


@sessions.get("/session/again")
@open_to_all
def again() -> Response:
    """Lead back to the tab in which a form waits."""
    session()
    return render("sessions/again.html")
