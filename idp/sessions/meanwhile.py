"""A form that comes too late: the session is over, or its proof too old. What was typed waits in the page that says so.

The way to go on opens in a tab of its own, so that it works without script and nothing typed leaves this page (WCAG
2.2, 2.2.5). The form's token was checked before any view is asked, so nobody else's form is ever shown here.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.sessions import parked
from idp.web.kept import typed
from idp.web.pages import render

OVER, TOO_OLD = 401, 403


def first(endpoint: str, status: int, **onward: Any) -> Response:
    """Lead to ``endpoint`` with the words ``onward``, and from there back; a form waits for that where it is."""
    kept = typed()
    if kept is None:
        return redirect(url_for(endpoint, **onward), 303)
    if request_id := onward.get("request_id"):
        parked.fit_page_to(request_id)
    way = url_for(endpoint, **{**onward, "return_to": url_for("sessions.again")})
    return render("sessions/meanwhile.html", status, kept=kept, way=way, over=status == OVER)
