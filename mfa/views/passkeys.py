"""The resident's own pages about passkeys and security keys."""

from __future__ import annotations

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.sessions import service as sessions
from idp.sessions.guards import fresh, recent
from idp.web.pages import render
from mfa import passkey_ceremonies as ceremonies
from mfa import passkeys, removal
from mfa.access import here
from mfa.errors import LastWayIn, PasskeyRefused, ProvenByTextOnly
from mfa.forms import NameForm, PasskeyForm
from mfa.views.blueprint import mfa

LIST = "mfa.passkey_list"


@mfa.get("/account/sign-in/passkeys")
@recent
def passkey_list() -> Response:
    """All of them; and let the browser forget those that are gone."""
    who = here().account_id
    signal = ceremonies.accepted(who, accounts.main_email(who))
    return render("mfa/passkeys.html", passkeys=passkeys.passkeys_of(who), signal=signal)


@mfa.route("/account/sign-in/passkeys/add", methods=("GET", "POST"))
@fresh
def passkey_add() -> Response:
    """Make a passkey, or add a security key. The session gains what it proves."""
    session, form = here(), PasskeyForm()
    if form.answered():
        try:
            method = ceremonies.add(form.answer.data, ceremonies.ADD, session.id, session.account_id)
        except PasskeyRefused as error:
            form.form_errors.append(error.sentence)
        else:
            sessions.strengthen(session.id, (*session.methods, method))
            flash(_("You can now sign in with it. We sent you an email about it."))
            return redirect(url_for(LIST), 303)
    return render("mfa/make_passkey.html", form=form, options=url_for("mfa.passkey_add_options"), desk=url_for(LIST))


@mfa.post("/account/sign-in/passkeys/add/options")
@fresh
def passkey_add_options() -> Response:
    """A challenge for a further passkey."""
    session, kind = here(), request.form.get("kind", "")
    return jsonify(ceremonies.options_to_add(ceremonies.ADD, session.id, session.account_id, kind))


@mfa.route("/account/sign-in/passkeys/<passkey_id>", methods=("GET", "POST"))
@recent
def passkey_one(passkey_id: str) -> Response:
    """Rename it, remove it, or keep it after all."""
    who, form = here().account_id, NameForm()
    one = passkeys.find(who, passkey_id)
    if "remove" in request.form:
        return _remove(passkey_id)
    if "keep" in request.form:
        passkeys.stop_removal(who, passkey_id)
        return redirect(url_for(LIST), 303)
    if form.validate_on_submit():
        passkeys.rename(who, passkey_id, form.name.data)
        return redirect(url_for(LIST), 303)
    if not form.is_submitted():
        form.name.data = one.name
    return render("mfa/passkey.html", form=form, one=one, last=len(passkeys.usable_of(who)) == 1)


def _remove(passkey_id: str) -> Response:
    session, form = here(), NameForm(formdata=None)
    one = passkeys.find(session.account_id, passkey_id)
    try:
        leaves_at = removal.leaves_at(session)
        passkeys.remove(session.account_id, passkey_id, leaves_at=leaves_at)
    except (LastWayIn, ProvenByTextOnly) as error:
        form.name.data = one.name
        form.form_errors.append(error.sentence)
        return render("mfa/passkey.html", form=form, one=one, last=True)
    flash(_("It was removed.") if leaves_at is None else _("It will be removed in three days. You can still keep it."))
    return redirect(url_for(LIST), 303)
