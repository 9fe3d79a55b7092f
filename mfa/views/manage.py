"""The resident's own pages about their authenticator app and recovery codes."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.sessions import service as sessions
from idp.sessions.guards import fresh
from idp.web.forms import Form
from idp.web.pages import render
from mfa import offer, service
from mfa.access import here
from mfa.errors import WrongCode
from mfa.forms import CodeForm
from mfa.views.blueprint import mfa


@mfa.route("/account/sign-in/app", methods=("GET", "POST"))
@fresh
def manage() -> Response:
    """Show the authenticator app, and set up the first or another. The old one works until the new one has."""
    session, form = here(), CodeForm()
    app = service.app_of(session.account_id)
    replaces = app.id if app else None
    occasion = f"{session.id} {replaces}"
    if form.validate_on_submit():
        try:
            service.confirm_totp(session.account_id, occasion, form.code.data, replaces=replaces)
        except WrongCode as error:
            form.code.errors = [error.sentence]
        else:
            sessions.strengthen(session.id, (*session.methods, service.TOTP))
            if app is None:
                return redirect(url_for("mfa.recovery_codes"), 303)
            flash(_("You now use another authenticator app. The old one no longer works."))
            return redirect(url_for("profiles.sign_in_ways"), 303)
    return render("mfa/manage.html", form=form, app=app, offer=offer.make(session.account_id, occasion))


@mfa.route("/account/sign-in/recovery-codes", methods=("GET", "POST"))
@fresh
def recovery_codes() -> Response:
    """Say how many recovery codes are left, and make new ones, shown once."""
    session, form = here(), Form()
    if service.app_of(session.account_id) is None:
        return redirect(url_for("mfa.manage"), 303)
    codes = service.make_recovery_codes(session.account_id) if form.validate_on_submit() else ()
    return render("mfa/recovery_codes.html", form=form, codes=codes, kept=service.codes_of(session.account_id))
