"""Who is here: go on as the one signed in, or as somebody else (``prompt=select_account``)."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.sessions import parked
from idp.sessions.current import session
from idp.sessions.guards import open_to_all
from idp.signin.gate import parked_owes_sign_in
from idp.signin.views.hall import signin
from idp.web.forms import Form
from idp.web.pages import render


@signin.route("/choose-account/<request_id>", methods=["GET", "POST"])
@open_to_all
def choose(request_id: str) -> Response:
    """Offer the account that is signed in. A request that wants a new sign-in as well still gets one."""
    asked, here, form = parked.load(request_id), session(), Form()
    if here is None or parked_owes_sign_in(asked, here):
        return redirect(url_for("signin.sign_in", request_id=request_id), 303)
    if form.validate_on_submit():
        parked.authenticated(request_id, here.id)
        return redirect(url_for("oidc.resume", request_id=request_id), 303)
    email = accounts.main_email(here.account_id)
    return render("signin/choose.html", form=form, email=email, request_id=request_id)
