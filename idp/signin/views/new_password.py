"""Another password in the place of one that attackers know."""

from __future__ import annotations

from werkzeug.wrappers import Response

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.accounts.errors import WeakPassword
from idp.audit.actor import acting
from idp.sessions import attempt as attempts
from idp.sessions.guards import open_to_all
from idp.signin import new_password as replacing
from idp.signin.finish import advance, resume, step_of
from idp.signin.forms import NewPasswordForm
from idp.signin.views.hall import signin
from idp.web.pages import render


@signin.route("/sign-in/new-password/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def new_password(attempt_id: str) -> Response:
    """Ask for a new password, once everything else is proven. Who leaves is not signed in."""
    attempt, form = attempts.load(attempt_id), NewPasswordForm()
    if attempt.account_id is None or step_of(attempt).kind != "done" or not replacing.is_owed(attempt):
        return resume(attempt)
    if form.validate_on_submit():
        try:
            with acting("resident"):
                replacing.choose(attempt, form.password.data)
        except WeakPassword as error:
            form.password.errors = [error.sentence]
        else:
            return advance(attempt_id)
    email, minimum = accounts.main_email(attempt.account_id), passwords.minimum_length()
    return render("signin/new_password.html", form=form, email=email, minimum=minimum)
