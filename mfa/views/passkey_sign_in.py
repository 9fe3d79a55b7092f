"""Signing in with a passkey, without typing anything; and passing a step with a passkey or security key."""

from __future__ import annotations

from flask import jsonify, request, url_for
from werkzeug.wrappers import Response

from idp.sessions import attempt as attempts
from idp.sessions import parked
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.web.pages import render
from idp.web.redirects import own_path
from mfa import passkey_ceremonies as ceremonies
from mfa.access import account_of, onward
from mfa.errors import PasskeyRefused
from mfa.forms import PasskeyForm
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/passkey", methods=("GET", "POST"))
@mfa.route("/sign-in/passkey/<request_id>", methods=("GET", "POST"))
@open_to_all
def passkey_sign_in(request_id: str | None = None) -> Response:
    """Take what a passkey says: it names the account. Without script, say so and lead back."""
    holder, form, signal = _holder(request_id), PasskeyForm(), {}
    return_to = own_path(request.args.get("return_to"))
    if form.answered():
        try:
            passed = ceremonies.sign_in(form.answer.data, holder)
        except PasskeyRefused as error:
            form.form_errors.append(error.sentence)
            signal = ceremonies.unknown(error)
        else:
            who, methods = passed.account_id, (passed.method,)
            attempt = attempts.begin(
                "sign_in", request_id=request_id, account_id=who, return_to=return_to, methods=methods
            )
            return onward(attempt.id)
    other = url_for("signin.sign_in", request_id=request_id, return_to=return_to)
    options = url_for("mfa.passkey_sign_in_options", request_id=request_id)
    return render("mfa/passkey_sign_in.html", form=form, options=options, other=other, signal=signal)


@mfa.post("/sign-in/passkey-options")
@mfa.post("/sign-in/passkey-options/<request_id>")
@open_to_all
def passkey_sign_in_options(request_id: str | None = None) -> Response:
    """A challenge; the same answer for everybody."""
    return jsonify(ceremonies.options_to_sign_in(_holder(request_id)))


@mfa.route("/sign-in/use-passkey/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def passkey_challenge(attempt_id: str) -> Response:
    """Ask for one of the account's passkeys or security keys."""
    attempt, form = _known(attempt_id), PasskeyForm()
    if form.answered():
        try:
            method = ceremonies.check(form.answer.data, attempt)
        except PasskeyRefused as error:
            form.form_errors.append(error.sentence)
        else:
            attempts.note(attempt_id, method)
            return onward(attempt_id)
    return render("mfa/passkey_check.html", form=form, attempt=attempt, offered=ceremonies.useful(attempt))


@mfa.post("/sign-in/use-passkey/<attempt_id>/options")
@open_to_all
def passkey_challenge_options(attempt_id: str) -> Response:
    """A challenge for the passkeys of this account."""
    return jsonify(ceremonies.options_to_check(_known(attempt_id)))


def _holder(request_id: str | None) -> str:
    """The parked request that the sign-in serves, if it serves one. Raises ``RequestGone``."""
    return parked.load(request_id).id if request_id else ""


def _known(attempt_id: str) -> Attempt:
    """An attempt whose account may be talked of: something was proven in it, or a session stands under it.

    Raises ``AttemptGone``: whose passkeys there are is told to nobody else.
    """
    attempt = attempts.load(attempt_id)
    account_of(attempt)
    if not attempt.methods and attempt.purpose != "confirm":
        raise AttemptGone("nothing proven")
    return attempt
