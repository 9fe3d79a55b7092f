"""The second step of a sign-in: a code of an app, or a recovery code."""

from __future__ import annotations

from werkzeug.wrappers import Response

from idp.sessions import attempt as attempts
from idp.sessions.guards import open_to_all
from idp.web.browser import browser_digest
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render
from mfa import codes, service
from mfa.access import account_of, has_two_factors, known_here, onward
from mfa.codes import RECOVERY_CODE
from mfa.errors import TurnedOff, WrongCode, WrongRecoveryCode
from mfa.forms import CodeForm, RecoveryCodeForm
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/code/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def challenge(attempt_id: str) -> Response:
    """Ask for the code of an authenticator app."""
    account_id, form = account_of(attempts.load(attempt_id)), CodeForm()
    if form.validate_on_submit():
        try:
            service.verify_totp(
                account_id,
                form.code.data,
                network=client_network(),
                browser=browser_digest(),
                known=known_here(account_id),
            )
        except (WrongCode, TurnedOff) as error:
            form.code.errors = [error.sentence]
        else:
            attempts.note(attempt_id, service.TOTP)
            return onward(attempt_id)
    return render("mfa/challenge.html", form=form, attempt_id=attempt_id)


@mfa.route("/sign-in/recovery-code/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def recovery(attempt_id: str) -> Response:
    """Ask for one of the recovery codes, and show a new one in its place."""
    attempt = attempts.load(attempt_id)
    account_id, form = account_of(attempt), RecoveryCodeForm()
    if RECOVERY_CODE in attempt.methods:
        return onward(attempt_id) if Form().validate_on_submit() else render("mfa/new_code.html", code=None)
    if form.validate_on_submit():
        try:
            codes.spend(account_id, form.code.data, network=client_network(), known=known_here(account_id))
        except (WrongRecoveryCode, TurnedOff) as error:
            form.code.errors = [error.sentence]
        else:
            return _spent(attempt_id, account_id)
    return render("mfa/recovery.html", form=form, attempt_id=attempt_id)


def _spent(attempt_id: str, account_id: str) -> Response:
    """On; and with two factors, which a code is never shown to anybody without, with the code that replaces it."""
    if not has_two_factors(attempts.note(attempt_id, RECOVERY_CODE)):
        return onward(attempt_id)
    code = codes.replace_used(account_id)
    return render("mfa/new_code.html", code=code) if code else onward(attempt_id)
