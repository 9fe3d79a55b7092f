"""The resident's data as a whole: freeze the account, or close it."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.accounts.status import GRACE
from idp.audit.actor import acting
from idp.kernel.clock import DAY
from idp.sessions import cookie
from idp.sessions.current import account_id
from idp.sessions.guards import fresh, signed_in
from idp.web.forms import Form
from idp.web.pages import render
from profiles.views.blueprint import desk

DAYS = GRACE // DAY


@desk.get("/data")
@signed_in
def data() -> Response:
    """What a resident can do with everything that is kept about them."""
    return render("profiles/data.html")


@desk.route("/freeze", methods=["GET", "POST"])
@signed_in
def freeze() -> Response:
    """Stop every use of the account. Being signed in is enough: what makes an account safer never waits."""
    form = Form()
    if not form.validate_on_submit():
        return render("profiles/freeze.html", form=form)
    with acting("resident"):
        lifecycle.freeze(account_id())
    cookie.clear(None)
    return redirect(url_for("signin.frozen"), 303)


@desk.route("/close", methods=["GET", "POST"])
@fresh
def close() -> Response:
    """Say what closing means, then let the time of grace begin."""
    form = Form()
    if not form.validate_on_submit():
        return render("profiles/close.html", form=form, days=DAYS)
    with acting("resident"):
        lifecycle.close(account_id())
    cookie.clear(None)
    return redirect(url_for("signin.closing"), 303)
