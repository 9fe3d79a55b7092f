"""Create an account: address, code, password; one step a page."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.accounts import passwords
from idp.accounts.errors import AddressTaken, CodeExhausted, CodeExpired, InvalidEmail, WeakPassword, WrongCode
from idp.sessions import attempt as attempts
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.signin import service
from idp.signin.finish import advance, resume
from idp.signin.forms import CodeForm, EmailForm, NewPasswordForm
from idp.signin.views.hall import return_to, signin, waiting
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render


@signin.route("/sign-up", methods=["GET", "POST"])
@signin.route("/sign-up/<request_id>", methods=["GET", "POST"])
@open_to_all
def sign_up(request_id: str | None = None) -> Response:
    """Ask for the address."""
    asked, form = waiting(request_id), EmailForm()
    if form.validate_on_submit():
        try:
            attempt = service.begin_sign_up(
                form.email.data, request_id=request_id, return_to=return_to(), network=client_network()
            )
        except InvalidEmail as error:
            form.email.errors = [error.sentence]
        else:
            return redirect(url_for("signin.confirm_email", attempt_id=attempt.id), 303)
    elif not form.is_submitted() and asked is not None:
        form.email.data = asked.parameters.get("login_hint", "")
    return render("signin/sign_up.html", form=form, request_id=request_id, return_to=return_to())


@signin.route("/sign-up/code/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def confirm_email(attempt_id: str) -> Response:
    """Ask for the mailed code. The link in the mail leads here too, and does nothing by itself."""
    try:
        attempt, form = _open(attempt_id), CodeForm()
    except AttemptGone:
        return render("signin/elsewhere.html", 410)
    if attempts.ADDRESS_PROVEN in attempt.methods:
        return redirect(url_for("signin.choose_password", attempt_id=attempt_id), 303)
    if form.validate_on_submit():
        try:
            service.prove_address(attempt, form.code.data, network=client_network())
        except (WrongCode, CodeExpired, CodeExhausted) as error:
            form.code.errors = [error.sentence]
        else:
            return redirect(url_for("signin.choose_password", attempt_id=attempt_id), 303)
    return render("signin/confirm_email.html", form=form, attempt=attempt, minutes=service.MINUTES)


@signin.post("/sign-up/code/<attempt_id>/again")
@open_to_all
def send_again(attempt_id: str) -> Response:
    """Mail another code; the one before ends."""
    attempt = _open(attempt_id)
    if Form().validate_on_submit() and attempts.ADDRESS_PROVEN not in attempt.methods:
        service.send_code(attempt, network=client_network())
    return redirect(url_for("signin.confirm_email", attempt_id=attempt_id, sent="again"), 303)


@signin.route("/sign-up/password/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def choose_password(attempt_id: str) -> Response:
    """Ask for a password, open the account, and go on to the second way of signing in. It is chosen once."""
    attempt, form = _open(attempt_id), NewPasswordForm()
    if attempts.ADDRESS_PROVEN not in attempt.methods:
        return redirect(url_for("signin.confirm_email", attempt_id=attempt_id), 303)
    if attempt.account_id is not None:
        return resume(attempt)
    if form.validate_on_submit():
        try:
            service.choose_password(attempt, form.password.data)
        except WeakPassword as error:
            form.password.errors = [error.sentence]
        except AddressTaken:
            return _taken(_open(attempt_id))
        else:
            return advance(attempt_id)
    return render("signin/choose_password.html", form=form, attempt=attempt, minimum=passwords.minimum_length())


def _taken(attempt: Attempt) -> Response:
    """Somebody was faster: the first of two clicks here, whose way goes on, or another window."""
    if attempt.account_id is not None:
        return resume(attempt)
    return render("signin/already.html", 409, request_id=attempt.request_id)


def _open(attempt_id: str) -> Attempt:
    """A sign-up of this browser. Raises ``AttemptGone`` for any other attempt."""
    attempt = attempts.load(attempt_id)
    if attempt.purpose != service.SIGN_UP:
        raise AttemptGone("not a sign-up")
    return attempt
