"""Activity: what happened in the account, and a way to disown each line of it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.audit.actor import acting
from idp.kernel.errors import NotFound
from idp.sessions import current
from idp.sessions.current import account_id
from idp.sessions.guards import open_to_all, recent, signed_in
from idp.web.forms import Form
from idp.web.pages import render
from profiles import timeline
from profiles.timeline import Line
from profiles.views.blueprint import desk


@desk.get("/activity")
@signed_in
def activity() -> Response:
    """Everything, or one group of it, newest first."""
    show = request.args.get("show", "")
    group = show if show in timeline.GROUPS else ""
    page = timeline.page(account_id(), group, request.args.get("after", ""))
    return render("profiles/activity.html", page=page, group=group, groups=timeline.GROUPS)


@desk.route("/activity/<event_id>", methods=["GET", "POST"])
@recent
def disown(event_id: str) -> Response:
    """Say what will happen, then secure the account against all that came since this line.

    That can be everything the resident has, so a session alone is not enough; freezing is, and so are notices' links.
    """
    line, form = _demand(event_id), Form()
    if form.validate_on_submit():
        with acting("resident"):
            lifecycle.disavow(account_id(), line.at)
        current.forget()
        return redirect(url_for("profiles.secured"), 303)
    return render("profiles/disown.html", form=form, line=line)


@desk.get("/secured")
@open_to_all
def secured() -> Response:
    """Say that the account is secured, and how to come back in."""
    return render("profiles/secured.html")


def _demand(event_id: str) -> Line:
    if (line := timeline.line(account_id(), event_id)) is None:
        raise NotFound(_("There is no such line in your activity."))
    return line
