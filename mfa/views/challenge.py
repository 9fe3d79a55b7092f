"""The second step of a sign-in: a code of the app, or a recovery code."""

from __future__ import annotations

from werkzeug.wrappers import Response

from idp.sessions import attempt as attempts
from idp.sessions.guards import open_to_all
from idp.web.origin import client_network
from idp.web.pages import render
from mfa import service
from mfa.access import account_of, onward
from mfa.errors import TurnedOff, WrongCode, WrongRecoveryCode
from mfa.forms import CodeForm, RecoveryCodeForm
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/code/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def challenge(attempt_id: str) -> Response:
    """Ask for the code of the authenticator app."""
    account_id, form = account_of(attempts.load(attempt_id)), CodeForm()
    if form.validate_on_submit():
        try:
            service.verify_totp(account_id, form.code.data, network=client_network())
        except (WrongCode, TurnedOff) as error:
            form.code.errors = [error.sentence]
        else:
            attempts.note(attempt_id, service.TOTP)
            return onward(attempt_id)
    return render("mfa/challenge.html", form=form, attempt_id=attempt_id)


@mfa.route("/sign-in/recovery-code/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def recovery(attempt_id: str) -> Response:
    """Ask for one of the recovery codes."""
    account_id, form = account_of(attempts.load(attempt_id)), RecoveryCodeForm()
    if form.validate_on_submit():
        try:
            service.spend_recovery_code(account_id, form.code.data, network=client_network())
        except (WrongRecoveryCode, TurnedOff) as error:
            form.code.errors = [error.sentence]
        else:
            attempts.note(attempt_id, service.RECOVERY_CODE)
            return onward(attempt_id)
    return render("mfa/recovery.html", form=form, attempt_id=attempt_id)
