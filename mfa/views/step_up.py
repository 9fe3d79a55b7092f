"""A stronger sign-in for an app that asks for one: says who asks and why, then leads to the step that is missing."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from idp.kernel.contracts import AuthMethod, SessionView
from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions import parked
from idp.sessions.guards import signed_in
from idp.sessions.strength import at_full_strength, is_fresh, methods_of
from idp.web.forms import Form
from idp.web.pages import render
from mfa.access import here
from mfa.enrolled import named
from mfa.policy import next_challenge, next_set_up
from mfa.views.blueprint import mfa


@mfa.route("/sign-in/step-up/<request_id>", methods=("GET", "POST"))
@signed_in
def step_up(request_id: str) -> Response:
    """Explain the second step, then begin it on top of the standing session."""
    waiting, session, form = parked.load(request_id), here(), Form()
    if waiting.owed != request.endpoint:
        return redirect(url_for("oidc.resume", request_id=request_id), 303)
    challenge = next_challenge(named(session.methods), methods_of(session.account_id))
    if form.validate_on_submit():
        return _begin(request_id, session, challenge)
    return render("mfa/step_up.html", form=form, app=waiting.client, challenge=challenge)


def _begin(request_id: str, session: SessionView, challenge: AuthMethod | None) -> Response:
    """What the session proved counts; with nothing left to add, the request goes on as it is."""
    set_up = next_set_up(named(session.methods), registry().methods.values()) if challenge is None else None
    endpoint = challenge.challenge_endpoint if challenge else set_up.enrol_endpoint if set_up else None
    if endpoint is None:
        return redirect(url_for("oidc.resume", request_id=request_id), 303)
    if set_up is not None and not _may_add(session):
        return redirect(url_for("signin.confirm", request_id=request_id, return_to=request.path), 303)
    attempt = attempts.begin(
        "confirm",
        request_id=request_id,
        account_id=session.account_id,
        session_id=session.id,
        methods=session.methods,
    )
    return redirect(url_for(endpoint, attempt_id=attempt.id), 303)


def _may_add(session: SessionView) -> bool:
    """Setting up a factor needs a proof as young, and as strong, as the account's own page would ask for."""
    return is_fresh(session) and at_full_strength(session)
