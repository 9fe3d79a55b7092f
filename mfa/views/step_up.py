"""A stronger sign-in for an app that asks for one: says who asks and why, then leads to the step that is missing."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from idp.kernel.contracts import SessionView
from idp.kernel.registry import registry
from idp.sessions import attempt as attempts
from idp.sessions import parked
from idp.sessions.assurance import AAL2, raises, satisfies
from idp.sessions.attempt import SET_UP
from idp.sessions.guards import signed_in
from idp.sessions.strength import at_full_strength, is_fresh, is_guarded, may_change_credentials, methods_of
from idp.sessions.ways import ways_to_add, ways_up
from idp.web.forms import Form
from idp.web.pages import render
from mfa.access import here
from mfa.enrolled import named
from mfa.views.blueprint import mfa

SECOND_WAY = "signin.second_way"
RECOVER = "signin.recover_from"


@mfa.route("/sign-in/step-up/<request_id>", methods=("GET", "POST"))
@signed_in
def step_up(request_id: str) -> Response:
    """Say which app asks and why, offer the resident's own ways, and begin one on top of the standing session."""
    waiting, session, form = parked.load(request_id), here(), Form()
    if waiting.owed != request.endpoint:
        return redirect(url_for("oidc.resume", request_id=request_id), 303)
    ways = {way.name: way for way in ways_up(named(session.methods), methods_of(session.account_id))}
    if form.validate_on_submit():
        usual = next((way for way in ways.values() if not way.spare), None)
        way = ways.get(request.form.get("way", ""), usual)
        return _begin(request_id, session, way.challenge_endpoint if way else None)
    return render("mfa/step_up.html", form=form, app=waiting.client, ways=list(ways.values()))


def _begin(request_id: str, session: SessionView, challenge: str | None) -> Response:
    """What the session proved counts; with nothing left to add, the request goes on as it is."""
    page = challenge or _set_up(session)
    if page is None:
        return redirect(url_for("oidc.resume", request_id=request_id), 303)
    if page == SECOND_WAY and not may_change_credentials(session):
        return redirect(url_for("signin.wait"), 303)
    if page == SECOND_WAY and not _may_add(session):
        return redirect(url_for("signin.confirm", request_id=request_id, return_to=request.path, full="yes"), 303)
    attempt = attempts.begin(
        "confirm",
        request_id=request_id,
        account_id=session.account_id,
        session_id=session.id,
        methods=(*session.methods, SET_UP) if page == SECOND_WAY and _two(session) else session.methods,
    )
    return redirect(url_for(page, attempt_id=attempt.id), 303)


def _set_up(session: SessionView) -> str | None:
    """Where a way is set up that the resident lacks; one that is held and does not work is recovered from."""
    passed = named(session.methods)
    if not any(raises(passed, way) for way in ways_to_add(passed, registry().methods.values())):
        return None
    return RECOVER if is_guarded(session.account_id) and not _two(session) else SECOND_WAY


def _two(session: SessionView) -> bool:
    return satisfies(session.acr, AAL2)


def _may_add(session: SessionView) -> bool:
    """Setting up a factor needs a proof as young, and as strong, as the account's own page would ask for."""
    return is_fresh(session) and at_full_strength(session)
