"""Account home: what there is, at a glance."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.kernel.registry import registry
from idp.sessions.current import account_id
from idp.sessions.guards import signed_in
from idp.web.pages import render
from profiles import service
from profiles.views.blueprint import desk


@desk.get("")
@signed_in
def home() -> Response:
    """Each part of the account with its present state."""
    who = account_id()
    rows = [
        (item.label, item.summary(who) if item.summary else "", url_for(item.endpoint), _("Open"))
        for item in registry().menu
        if item.endpoint != "profiles.home"
    ]
    alerts = [(alert, text) for alert in registry().alerts if (text := alert.text(who))]
    return render("profiles/home.html", alerts=alerts, rows=rows, greeting=service.greeting_name(who))
