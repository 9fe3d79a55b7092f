"""The consent page: who asks, for what, and two equal answers."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from consent import policy, service
from consent.asked import ask_of, in_words, items, usable_apis
from consent.errors import MalformedDecision
from consent.forms import DecisionForm
from consent.views.blueprint import consent
from idp.kernel import clock
from idp.kernel.contracts import SessionView
from idp.kernel.db import transaction
from idp.sessions import parked
from idp.sessions.current import session
from idp.sessions.guards import open_to_all
from idp.sessions.parked import Parked
from idp.web.pages import render

ANSWERS = ("share", "decline")


@consent.route("/consent/<request_id>", methods=("GET", "POST"))
@open_to_all
def decide(request_id: str) -> Response:
    """Show the request to the resident of this browser's session, and take their answer.

    Open to all because those who are not signed in go back to the sign-in of this very request.
    """
    waiting, here = parked.load(request_id), session()
    if here is None:
        return redirect(url_for("signin.sign_in", request_id=request_id), 303)
    if waiting.refused_at is not None or waiting.owed != request.endpoint:
        return redirect(url_for("oidc.resume", request_id=request_id), 303)
    form = DecisionForm(data={"session": here.id})
    if not form.validate_on_submit():
        return _page(form, waiting, here)
    if request.form.get("session") != here.id:
        return redirect(url_for("consent.decide", request_id=request_id), 303)
    _take(_answer(), waiting, here)
    return redirect(url_for("oidc.resume", request_id=request_id), 303)


def _answer() -> str:
    answers = request.form.getlist("decision")
    if len(answers) != 1 or answers[0] not in ANSWERS:
        raise MalformedDecision
    return answers[0]


def _take(answer: str, waiting: Parked, here: SessionView) -> None:
    """One answer, wholly or not at all. The request is settled first, so that one that is over changes nothing."""
    ask = ask_of(waiting)
    with transaction():
        if answer == "share":
            parked.decide(waiting.id, here.id)
            service.give(here.account_id, waiting.client, ask, request.form.getlist("claim"))
        else:
            parked.refuse(waiting.id)
            service.decline(here.account_id, waiting.client.id, ask)


def _page(form: DecisionForm, waiting: Parked, here: SessionView) -> Response:
    ask, now, client = ask_of(waiting), clock.now(), waiting.client
    required = ask.claims & frozenset(client.required_claims)
    earlier = service.live(here.account_id, client.id)
    also = policy.kept(earlier, ask, now)[2]
    shown = items(here.account_id, waiting.client.id, ask.claims, url_for("consent.decide", request_id=waiting.id))
    return render(
        "consent/decide.html",
        form=form,
        client=client,
        host=_host_of(waiting),
        user_code=waiting.parameters.get("user_code"),
        needed=[item for item in shown if item.name in required],
        optional=[item for item in shown if item.name not in required and item.worth_a_line],
        already=in_words((earlier.granted_claims if earlier else frozenset()) & ask.claims - required),
        also=in_words(also),
        apis=usable_apis(ask),
        offline=ask.offline,
        until=now + policy.REMEMBERED_FOR,
    )


def _host_of(waiting: Parked) -> str | None:
    """Where the answer goes, for the resident to compare with the address bar; None where a device waits for it."""
    uri = waiting.parameters.get("redirect_uri")
    return (urlsplit(uri).hostname or waiting.client.host) if uri else None
