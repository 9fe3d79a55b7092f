"""Recover an account: the address, the mailed code, what else can be shown, and a new password."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import passwords
from idp.accounts.errors import CodeExhausted, CodeExpired, InvalidEmail, WeakPassword, WrongCode
from idp.kernel.contracts import AuthMethod
from idp.sessions import attempt as attempts
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.sessions.strength import methods_of
from idp.signin import cases, recovering, recovery
from idp.signin.finish import advance, resume
from idp.signin.forms import CodeElsewhereForm, CodeForm, EmailForm, NewPasswordForm
from idp.signin.recovering import ADDRESS_PROVEN, RECOVER
from idp.signin.views.hall import return_to, signin, waiting
from idp.web.browser import known_as
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render


@signin.route("/recover", methods=["GET", "POST"])
@signin.route("/recover/<request_id>", methods=["GET", "POST"])
@open_to_all
def recover(request_id: str | None = None) -> Response:
    """Ask for the address. Whatever it is, the answer is the same."""
    asked, form = waiting(request_id), EmailForm()
    if form.validate_on_submit():
        try:
            attempt = recovering.begin(
                form.email.data,
                request_id=request_id,
                return_to=return_to(),
                network=client_network(),
                browser=known_as(),
            )
        except InvalidEmail as error:
            form.email.errors = [error.sentence]
        else:
            return redirect(url_for("signin.recover_code", attempt_id=attempt.id), 303)
    elif not form.is_submitted() and asked is not None:
        form.email.data = asked.parameters.get("login_hint", "")
    return render("signin/recover.html", form=form, request_id=request_id, return_to=return_to())


@signin.route("/recover/code/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def recover_code(attempt_id: str) -> Response:
    """Ask for the mailed code. The link in the mail leads here too, and spends nothing."""
    try:
        attempt, state = attempts.look(attempt_id)
    except AttemptGone:
        return _dead("unknown")
    if attempt.purpose != RECOVER:
        return _dead("unknown")
    if state in {"over", "expired"}:
        return _dead("used" if state == "over" else "expired")
    if ADDRESS_PROVEN in attempt.methods:
        return resume(attempt) if state == "here" else _dead("used")
    return _ask_for_code(attempt) if state == "here" else _ask_elsewhere(attempt)


@signin.post("/recover/code/<attempt_id>/again")
@open_to_all
def recover_again(attempt_id: str) -> Response:
    """Write once more."""
    attempt = _open(attempt_id)
    if Form().validate_on_submit() and ADDRESS_PROVEN not in attempt.methods:
        recovering.send_again(attempt, network=client_network(), browser=known_as())
    return redirect(url_for("signin.recover_code", attempt_id=attempt_id, sent="again"), 303)


@signin.get("/recover/more/<attempt_id>")
@open_to_all
def recover_more(attempt_id: str) -> Response:
    """What else can you show? Only what the account has and what would help."""
    attempt = _open(attempt_id)
    if attempt.account_id is None or not recovering.proven(attempt):
        return redirect(url_for("signin.recover_code", attempt_id=attempt_id), 303)
    here = recovering.standing(attempt)
    if here.owed != "more":
        return resume(attempt)
    mail = recovery.leads_on(here.shown, "email", guarded=here.guarded)
    ways, case = _ways(attempt), cases.standing(attempt.account_id)
    passkey = any(method.phishing_resistant for method in methods_of(attempt.account_id))
    return render("signin/recover_more.html", attempt=attempt, ways=ways, mail=mail, case=case, passkey=passkey)


@signin.route("/recover/password/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def recover_password(attempt_id: str) -> Response:
    """Ask for the new password. What led here is spent when it is kept, not before."""
    attempt, form = _open(attempt_id), NewPasswordForm()
    if recovering.standing(attempt).owed != "password":
        return resume(attempt)
    if form.validate_on_submit():
        try:
            recovering.set_password(attempt, form.password.data)
        except WeakPassword as error:
            form.password.errors = [error.sentence]
        else:
            return advance(attempt_id)
    return render("signin/recover_password.html", form=form, attempt=attempt, minimum=passwords.minimum_length())


@signin.get("/recover/done")
@signin.get("/recover/done/<request_id>")
@open_to_all
def recovered(request_id: str | None = None) -> Response:
    """The end: sign in with what was set up, and review the rest."""
    waiting(request_id)
    return render("signin/recovered.html", request_id=request_id)


def _ask_for_code(attempt: Attempt) -> Response:
    form = CodeForm()
    if form.validate_on_submit():
        try:
            recovering.prove_address(attempt, form.code.data, moved=False, network=client_network(), browser=known_as())
        except (WrongCode, CodeExpired, CodeExhausted) as error:
            form.code.errors = [error.sentence]
        else:
            return advance(attempt.id)
    return render("signin/recover_code.html", form=form, attempt=attempt, minutes=recovering.MINUTES)


def _ask_elsewhere(attempt: Attempt) -> Response:
    """In another browser than the one it was asked for in: there, or here with the address as well."""
    form = CodeElsewhereForm()
    if form.validate_on_submit():
        try:
            recovering.prove_address(
                attempt,
                form.code.data,
                email=form.email.data,
                moved=True,
                network=client_network(),
                browser=known_as(),
            )
        except (CodeExpired, CodeExhausted) as error:
            form.code.errors = [error.sentence]
        except WrongCode:
            form.form_errors.append(_("The email address or the code is not right. Check both and try again."))
        else:
            return advance(attempt.id)
    return render("signin/recover_elsewhere.html", form=form, attempt=attempt)


def _dead(why: str) -> Response:
    return render("signin/recover_link.html", 410, why=why)


def _ways(attempt: Attempt) -> list[AuthMethod]:
    """The methods of the account that would help, each page once."""
    here = recovering.standing(attempt)
    by_page: dict[str, AuthMethod] = {}
    for method in methods_of(attempt.account_id or ""):
        proof = recovering.PROOF_OF.get(method.name, "authenticator")
        if method.challenge_endpoint and recovery.leads_on(here.shown, proof, guarded=here.guarded):
            by_page.setdefault(method.challenge_endpoint, method)
    return list(by_page.values())


def _open(attempt_id: str) -> Attempt:
    """A recovery of this browser. Raises ``AttemptGone`` for any other attempt."""
    attempt = attempts.load(attempt_id)
    if attempt.purpose != RECOVER:
        raise AttemptGone("not a recovery")
    return attempt
