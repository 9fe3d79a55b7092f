"""Confirm who you are, on a session that stands."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.kernel.contracts import SessionView
from idp.sessions import attempt as attempts
from idp.sessions.attempt import Attempt
from idp.sessions.current import account_id, session
from idp.sessions.guards import signed_in
from idp.sessions.strength import highest, methods_of, two_factors
from idp.sessions.ways import ways_in
from idp.signin.finish import FULL, advance
from idp.signin.forms import ConfirmForm
from idp.signin.methods import PASSWORD
from idp.signin.views.hall import return_to, signin, waiting
from idp.web.browser import known_as
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render


@signin.route("/confirm", methods=["GET", "POST"])
@signin.route("/confirm/<request_id>", methods=["GET", "POST"])
@signed_in
def confirm(request_id: str | None = None) -> Response:
    """Offer the resident's own ways, a passkey before a password. Who leaves keeps the session as it was."""
    asked, form, here = waiting(request_id), ConfirmForm(), session()
    who = account_id()
    ways = ways_in(methods_of(who), highest(who) if _full() else two_factors(who))
    if here is not None and "way" in request.form and Form().validate_on_submit():
        chosen = {way.name: way.challenge_endpoint for way in ways}.get(request.form["way"])
        return redirect(url_for(chosen or "signin.other_ways", attempt_id=_begin(here, request_id).id), 303)
    if here is not None and PASSWORD in ways and form.validate_on_submit():
        if accounts.confirm_password(who, form.password.data, network=client_network(), browser=known_as()):
            return advance(_begin(here, request_id, PASSWORD.name).id)
        form.password.errors = [_("The password is not right. Check it and try again.")]
    leave = asked.client.home if asked else None
    email = accounts.main_email(who)
    return render("signin/confirm.html", form=form, email=email, leave=leave, ways=ways, password=PASSWORD)


def _begin(here: SessionView, request_id: str | None, *passed: str) -> Attempt:
    """A confirmation on top of the standing session, which counts nothing that was proven before."""
    return attempts.begin(
        "confirm",
        request_id=request_id,
        account_id=here.account_id,
        session_id=here.id,
        return_to=return_to(),
        methods=(*([FULL] if _full() else []), *passed),
    )


def _full() -> bool:
    """Whether the page behind needs the highest level of the account; it looks for itself once more."""
    return request.args.get(FULL) == "yes"
