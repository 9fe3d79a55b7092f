"""The ways in and out of a recovery that is not simple: from a sign-in, by waiting, and stopping a wait."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.audit.actor import acting
from idp.sessions import attempt as attempts
from idp.sessions.current import account_id
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all, signed_in
from idp.signin import cases, recovering
from idp.signin.finish import proven, resume
from idp.signin.recovering import ADDRESS_PROVEN, RECOVER
from idp.signin.views.hall import return_to, signin, waiting
from idp.web.browser import known_as
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render


@signin.route("/recover/from/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def recover_from(attempt_id: str) -> Response:
    """For who knows the password and has no second factor that works: begin, and keep what was proven."""
    attempt, form = attempts.load(attempt_id), Form()
    if attempt.purpose == RECOVER:
        return resume(attempt)
    if not proven(attempt):
        raise AttemptGone("nothing proven")
    if form.validate_on_submit():
        begun = recovering.begin_from(attempt, network=client_network(), browser=known_as())
        return redirect(url_for("signin.recover_code", attempt_id=begun.id), 303)
    return render("signin/recover_from.html", form=form, attempt=attempt)


@signin.route("/recover/wait/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def recover_wait(attempt_id: str) -> Response:
    """For who has nothing left but the mailbox: say how long it takes and who hears of it, begin, or stop it."""
    attempt, form = attempts.load(attempt_id), Form()
    who = attempt.account_id
    if attempt.purpose != RECOVER or who is None or ADDRESS_PROVEN not in attempt.methods:
        raise AttemptGone("no address proven")
    if recovering.standing(attempt).owed != "more":
        return resume(attempt)
    if form.validate_on_submit():
        if "stop" in request.form:
            with acting("resident"):
                cases.stop(who)
        else:
            recovering.begin_wait(attempt, network=client_network(), browser=known_as())
        return redirect(request.path, 303)
    return render("signin/recover_wait.html", form=form, attempt=attempt, case=cases.standing(who))


@signin.route("/recover/waiting", methods=["GET", "POST"])
@signin.route("/recover/waiting/<request_id>", methods=["GET", "POST"])
@signed_in
def recovery_waiting(request_id: str | None = None) -> Response:
    """Tell who is signed in that somebody recovers the account, and let them stop it."""
    waiting(request_id)
    case, form, home = cases.standing(account_id()), Form(), url_for("profiles.home")
    onward = url_for("oidc.resume", request_id=request_id) if request_id else return_to() or home
    if case is None:
        return redirect(onward, 303)
    if form.validate_on_submit():
        with acting("resident"):
            cases.stop(account_id(), case.id)
        flash(_("The recovery was stopped. Your account stays as it was."))
        return redirect(onward, 303)
    return render("signin/recovery_waiting.html", form=form, case=case, onward=onward)
