"""Setting up the first second factor during a sign-in or sign-up: the app, then recovery codes."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from idp.kernel.settings import settings
from idp.sessions import attempt as attempts
from idp.sessions.attempt import Attempt
from idp.sessions.guards import open_to_all
from idp.web.forms import Form
from idp.web.pages import render
from mfa import offer, service
from mfa.access import demand_just_set_up, demand_set_up, onward
from mfa.errors import WrongCode
from mfa.forms import CodeForm
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/set-up/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def set_up(attempt_id: str) -> Response:
    """Show the app's seed and ask for its first code; or, where it is optional, put it off."""
    attempt = attempts.load(attempt_id)
    if service.TOTP in attempt.methods:
        return redirect(url_for("mfa.save_codes", attempt_id=attempt_id), 303)
    account_id, form, optional = demand_set_up(attempt), CodeForm(), _may_wait(attempt)
    if optional and form.is_submitted() and "later" in request.form:
        return onward(attempt_id)
    if form.validate_on_submit():
        try:
            service.confirm_totp(account_id, attempt_id, form.code.data)
        except WrongCode as error:
            form.code.errors = [error.sentence]
        else:
            attempts.note(attempt_id, service.TOTP)
            return redirect(url_for("mfa.save_codes", attempt_id=attempt_id), 303)
    return render("mfa/set_up.html", form=form, offer=offer.make(account_id, attempt_id), optional=optional)


@mfa.route("/sign-in/recovery-codes/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def save_codes(attempt_id: str) -> Response:
    """Say what recovery codes are for, show them once, and go on."""
    account_id, form = demand_just_set_up(attempts.load(attempt_id)), Form()
    codes: tuple[str, ...] = ()
    if form.validate_on_submit():
        if "saved" in request.form and service.codes_of(account_id) is not None:
            return onward(attempt_id)
        codes = service.make_recovery_codes(account_id)
    return render("mfa/save_codes.html", form=form, codes=codes)


def _may_wait(attempt: Attempt) -> bool:
    """Whether the second factor can be put off here: not when the app that asks would only send back for it."""
    return settings().mfa == "optional" and attempt.purpose != "confirm"
