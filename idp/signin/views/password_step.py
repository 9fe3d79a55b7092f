"""The password as a step of an attempt whose account is known."""

from __future__ import annotations

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.sessions import attempt as attempts
from idp.sessions.errors import AttemptGone
from idp.sessions.guards import open_to_all
from idp.signin.finish import advance
from idp.signin.forms import ConfirmForm
from idp.signin.new_password import notes_on
from idp.signin.views.hall import signin
from idp.web.browser import known_as
from idp.web.origin import client_network
from idp.web.pages import render


@signin.route("/sign-in/password/<attempt_id>", methods=["GET", "POST"])
@open_to_all
def password_step(attempt_id: str) -> Response:
    """Ask for the password. The address is not shown: the attempt may be of somebody who only claims it."""
    attempt, form = attempts.load(attempt_id), ConfirmForm()
    if attempt.account_id is None:
        raise AttemptGone("no account yet")
    if form.validate_on_submit():
        if accounts.confirm_password(
            attempt.account_id, form.password.data, network=client_network(), browser=known_as()
        ):
            for note in notes_on(form.password.data):
                attempts.note(attempt_id, note)
            return advance(attempt_id)
        form.password.errors = [_("The password is not right. Check it and try again.")]
    return render("signin/password_step.html", form=form, attempt_id=attempt_id)
