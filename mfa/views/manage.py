"""The resident's own pages about authenticator apps."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.kernel.contracts import SessionView
from idp.sessions import service as sessions
from idp.sessions.guards import fresh, recent
from idp.web.pages import render
from mfa import codes, offer, removal, service
from mfa.access import here, tell_of_clock
from mfa.errors import LastWayIn, ProvenByTextOnly, TooManyApps, WrongCode
from mfa.forms import AppForm, NameForm
from mfa.views.blueprint import mfa

LIST = "mfa.manage"


@mfa.get("/account/sign-in/app")
@recent
def manage() -> Response:
    """All of them, with what may be done about each."""
    apps = service.apps_of(here().account_id)
    return render("mfa/apps.html", apps=apps, more=sum(app.works for app in apps) < service.MOST_APPS)


@mfa.route("/account/sign-in/app/add", methods=("GET", "POST"))
@fresh
def add_app() -> Response:
    """Set up the first app or another. The session gains what it proves."""
    session, form = here(), AppForm()
    occasion = offer.occasion(session)
    if form.validate_on_submit():
        try:
            drift = service.confirm_totp(session.account_id, occasion, form.code.data, name=form.name.data)
        except (WrongCode, TooManyApps) as error:
            form.code.errors = [error.sentence]
        else:
            sessions.strengthen(session.id, (*session.methods, service.TOTP))
            tell_of_clock(drift)
            return _added(session)
    return render("mfa/add_app.html", form=form, offer=offer.make(session.account_id, occasion))


def _added(session: SessionView) -> Response:
    """Recovery codes come with the first second way."""
    if codes.codes_of(session.account_id) is None:
        return redirect(url_for("mfa.recovery_codes"), 303)
    flash(_("You can now sign in with it. We sent you an email about it."))
    return redirect(url_for(LIST), 303)


@mfa.route("/account/sign-in/app/<app_id>", methods=("GET", "POST"))
@recent
def one_app(app_id: str) -> Response:
    """Rename it, remove it, or keep it after all."""
    who, form = here().account_id, NameForm()
    app = service.find(who, app_id)
    if "remove" in request.form:
        return _remove(app_id)
    if "keep" in request.form:
        service.stop_removal(who, app_id)
        return redirect(url_for(LIST), 303)
    if form.validate_on_submit():
        service.rename(who, app_id, form.name.data)
        return redirect(url_for(LIST), 303)
    if not form.is_submitted():
        form.name.data = app.name or ""
    return render("mfa/app.html", form=form, app=app)


def _remove(app_id: str) -> Response:
    session, form = here(), NameForm(formdata=None)
    app = service.find(session.account_id, app_id)
    try:
        leaves_at = removal.leaves_at(session)
        service.remove(session.account_id, app_id, leaves_at=leaves_at)
    except (LastWayIn, ProvenByTextOnly) as error:
        form.name.data = app.name or ""
        form.form_errors.append(error.sentence)
        return render("mfa/app.html", form=form, app=app)
    flash(_("It was removed.") if leaves_at is None else _("It will be removed in three days. You can still keep it."))
    return redirect(url_for(LIST), 303)
