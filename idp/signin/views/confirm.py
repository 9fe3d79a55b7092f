"""Confirm who you are, on a session that stands."""

from __future__ import annotations

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.sessions import attempt as attempts
from idp.sessions.current import account_id, session
from idp.sessions.guards import signed_in
from idp.signin.finish import advance
from idp.signin.forms import ConfirmForm
from idp.signin.views.hall import return_to, signin, waiting
from idp.web.browser import known_as
from idp.web.origin import client_network
from idp.web.pages import render


@signin.route("/confirm", methods=["GET", "POST"])
@signin.route("/confirm/<request_id>", methods=["GET", "POST"])
@signed_in
def confirm(request_id: str | None = None) -> Response:
    """Ask for the password again, then for the second factor. Who leaves keeps the session as it was."""
    asked, form, here = waiting(request_id), ConfirmForm(), session()
    if here is not None and form.validate_on_submit():
        if accounts.confirm_password(here.account_id, form.password.data, network=client_network(), browser=known_as()):
            attempt = attempts.begin(
                "confirm",
                request_id=request_id,
                account_id=here.account_id,
                session_id=here.id,
                return_to=return_to(),
                methods=("password",),
            )
            return advance(attempt.id)
        form.password.errors = [_("The password is not right. Check it and try again.")]
    leave = asked.client.home if asked else None
    return render("signin/confirm.html", form=form, email=accounts.main_email(account_id()), leave=leave)
