"""Setting up an authenticator app during a sign-in or sign-up."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.sessions import attempt as attempts
from idp.sessions.guards import open_to_all
from idp.web.pages import render
from mfa import offer, service
from mfa.access import demand_set_up, only_first, set_up_done, tell_of_clock
from mfa.errors import TooManyApps, WrongCode
from mfa.forms import CodeForm
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/set-up/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def set_up(attempt_id: str) -> Response:
    """Show the app's seed and ask for its first code."""
    attempt = attempts.load(attempt_id)
    if service.TOTP in attempt.methods:
        return redirect(url_for("mfa.save_codes", attempt_id=attempt_id), 303)
    account_id, form = demand_set_up(attempt), CodeForm()
    if form.validate_on_submit():
        try:
            drift = service.confirm_totp(account_id, attempt_id, form.code.data, first=only_first(attempt))
        except (WrongCode, TooManyApps) as error:
            form.code.errors = [error.sentence]
        else:
            tell_of_clock(drift)
            return set_up_done(attempt_id, service.TOTP)
    return render("mfa/set_up.html", form=form, offer=offer.make(account_id, attempt_id), attempt_id=attempt_id)
