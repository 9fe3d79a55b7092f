"""Codes by text and call: at sign-in, when the first phone is set up, and on the resident's own pages."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import phones as kept
from idp.accounts.new_phones import Adding
from idp.accounts.phones import PhoneView
from idp.kernel.errors import Refused
from idp.kernel.settings import settings
from idp.outbox.texts import channels
from idp.sessions import attempt as attempts
from idp.sessions import service as sessions
from idp.sessions.attempt import Attempt
from idp.sessions.guards import fresh, open_to_all, recent
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render
from mfa import phone
from mfa.access import demand_set_up, here, known_here, onward, set_up_done
from mfa.phone_forms import SendForm
from mfa.views import phone_steps as steps
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/phone/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def phone_challenge(attempt_id: str) -> Response:
    """Let the resident choose a phone and how the code comes; then ask for it."""
    attempt = attempts.load(attempt_id)
    mine = phone.phones_for(attempt)
    to = next((one for one in mine if one.id == request.args.get("phone")), None)
    by = next((channel for channel in channels(settings()) if channel == request.args.get("by")), None)
    if to is None or by is None:
        return _choose(attempt, mine)

    def take(code: str) -> Response:
        phone.verify(attempt, to, by, code, network=client_network(), known=known_here(to.account_id))
        attempts.note(attempt_id, phone.method_of(by))
        return onward(attempt_id)

    return steps.code(phone.target_of(attempt, to, by), take, ending=to.ending, attempt_id=attempt_id)


@mfa.route("/sign-in/phone/set-up/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def phone_set_up(attempt_id: str) -> Response:
    """Set up a phone during a sign-in or sign-up."""
    attempt = attempts.load(attempt_id)
    return steps.add(
        Adding(demand_set_up(attempt), attempt_id),
        lambda method: set_up_done(attempt_id, method),
        at_sign_up=attempt.purpose == "sign_up",
        back=url_for("signin.second_way", attempt_id=attempt_id),
    )


@mfa.route("/account/sign-in/phones", endpoint="phones", methods=("GET", "POST"))
@recent
def my_phones() -> Response:
    """The resident's phones: make another one the main one, or remove one."""
    account_id, form = here().account_id, Form()
    if form.validate_on_submit():
        try:
            flash(_change(account_id))
        except Refused as error:
            form.form_errors.append(error.sentence)
        else:
            return redirect(url_for("mfa.phones"), 303)
    return render("mfa/phones.html", form=form, phones=kept.of(account_id), offered=bool(channels(settings())))


@mfa.route("/account/sign-in/phones/add", methods=("GET", "POST"))
@fresh
def add_phone() -> Response:
    """Add a phone to the account."""
    session = here()

    def done(method: str) -> Response:
        sessions.strengthen(session.id, (*session.methods, method))
        flash(_("Your phone was added."))
        return redirect(url_for("mfa.phones"), 303)

    return steps.add(Adding(session.account_id, session.id), done, back=url_for("mfa.phones"))


def _choose(attempt: Attempt, mine: list[PhoneView]) -> Response:
    """Ask which phone, and send the code."""
    if not mine or not channels(settings()):
        return redirect(url_for("signin.other_ways", attempt_id=attempt.id), 303)
    form = SendForm(mine)
    if form.validate_on_submit():
        to = next(one for one in mine if one.id == form.phone.data)
        if steps.sent(phone.target_of(attempt, to, form.by.data), form):
            return redirect(steps.here(phone=to.id, by=form.by.data), 303)
    return render("mfa/phone_choose.html", form=form, phones=mine, attempt_id=attempt.id)


def _change(account_id: str) -> str:
    """Do what was pressed on the page, and say so."""
    if "remove" in request.form:
        phone.remove(account_id, request.form["remove"])
        return str(_("The phone was removed. For 3 days you can have it back by the link in our email."))
    if "keep" in request.form:
        kept.restore(account_id, request.form["keep"])
        return str(_("The phone is in use again."))
    kept.make_main(account_id, request.form.get("main", ""))
    return str(_("Saved. We offer to send codes to this phone first."))
