"""Making a passkey during a sign-in or sign-up: as a further way, or instead of a password."""

from __future__ import annotations

from flask import jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.kernel.crypto import keyring
from idp.kernel.db import transaction
from idp.sessions import attempt as attempts
from idp.sessions.attempt import ADDRESS_PROVEN, Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.web.i18n import locale
from idp.web.pages import render
from mfa import passkey_ceremonies as ceremonies
from mfa import passkeys
from mfa.access import demand_set_up, has_two_factors, only_first, set_up_done
from mfa.errors import PasskeyRefused
from mfa.forms import PasskeyForm
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/set-up-passkey/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def passkey_set_up(attempt_id: str) -> Response:
    """Make a passkey, or add a security key, as a further way to sign in."""
    attempt, form = attempts.load(attempt_id), PasskeyForm()
    account_id = demand_set_up(attempt)
    if form.answered():
        try:
            first = only_first(attempt)
            method = ceremonies.add(form.answer.data, ceremonies.SET_UP, attempt_id, account_id, first=first)
        except PasskeyRefused as error:
            form.form_errors.append(error.sentence)
        else:
            return set_up_done(attempt_id, method)
    options = url_for("mfa.passkey_set_up_options", attempt_id=attempt_id)
    other = url_for("signin.second_way", attempt_id=attempt_id)
    return render("mfa/make_passkey.html", form=form, options=options, other=other, hardware=has_two_factors(attempt))


@mfa.post("/sign-in/set-up-passkey/<attempt_id>/options")
@open_to_all
def passkey_set_up_options(attempt_id: str) -> Response:
    """A challenge for a new passkey of this account."""
    account_id = demand_set_up(attempts.load(attempt_id))
    return jsonify(ceremonies.options_to_add(ceremonies.SET_UP, attempt_id, account_id, request.form.get("kind", "")))


@mfa.route("/sign-up/passkey/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def passkey_sign_up(attempt_id: str) -> Response:
    """Open an account that has a passkey and no password."""
    attempt, form = attempts.load(attempt_id), PasskeyForm()
    other = url_for("signin.choose_password", attempt_id=attempt_id)
    if not _may_open(attempt):
        return redirect(other, 303)
    if form.answered():
        try:
            method = _open(attempt, form.answer.data)
        except PasskeyRefused as error:
            form.form_errors.append(error.sentence)
        else:
            return set_up_done(attempt_id, method)
    options = url_for("mfa.passkey_sign_up_options", attempt_id=attempt_id)
    return render("mfa/make_passkey.html", form=form, options=options, other=other, alone=True)


@mfa.post("/sign-up/passkey/<attempt_id>/options")
@open_to_all
def passkey_sign_up_options(attempt_id: str) -> Response:
    """A challenge for the first passkey of an account to be."""
    attempt = attempts.load(attempt_id)
    if not _may_open(attempt):
        raise AttemptGone("no account to open")
    promised = _promised(attempt)
    return jsonify(ceremonies.options_to_make(ceremonies.SIGN_UP, attempt_id, promised, "", name=attempt.email))


def _open(attempt: Attempt, text: str) -> str:
    """Open the account with what was made. Raises ``PasskeyRefused`` and ``AddressTaken``."""
    made = ceremonies.receive_alone(text, ceremonies.SIGN_UP, attempt.id)
    with transaction():
        account_id = accounts.open_with(attempt.email, None, locale(), account_id=_promised(attempt))
        method = passkeys.keep(account_id, made, ceremonies.first_name(made))
        attempts.note(attempt.id, method, account_id)
    return method


def _promised(attempt: Attempt) -> str:
    """The id that the account of this sign-up will get: the authenticator is told it before there is one."""
    return keyring().keyed("index", f"account of sign-up\0{attempt.id}")[:16].hex()


def _may_open(attempt: Attempt) -> bool:
    return attempt.purpose == "sign_up" and ADDRESS_PROVEN in attempt.methods and attempt.account_id is None
