"""Connected services: what each sees, and how to change or stop it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consent import service as decisions
from consent.asked import in_words, items
from consent.forms import MAIN, ChoiceForm, EmailForm, SignOutForm, WithdrawForm
from consent.policy import Live
from consent.views.blueprint import consent
from idp import lifecycle
from idp.accounts import addresses, receiving
from idp.accounts.addresses import AddressView
from idp.audit.actor import acting
from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel.registry import registry
from idp.sessions.current import account_id
from idp.sessions.guards import signed_in
from idp.web.farewell import farewell
from idp.web.pages import render


@consent.get("/account/services")
@signed_in
def services() -> Response:
    """Every app that the resident shares with, and those of the state that need not ask."""
    shared = [(clients.demand(client_id), live) for client_id, live in decisions.of_resident(account_id())]
    allowed = [app for app in clients.every() if app.first_party and not app.disabled]
    return render(
        "consent/services.html",
        shared=[_card(app, live) for app, live in shared],
        allowed=[(app.name, in_words(registry().claims_of(app.scopes))) for app in allowed],
    )


@consent.route("/account/services/<client_id>", methods=("GET", "POST"))
@signed_in
def service(client_id: str) -> Response:
    """One app: what it sees, with a box for all that can be left out."""
    live, form = decisions.demand(account_id(), client_id), ChoiceForm()
    client = clients.demand(client_id)
    if form.validate_on_submit():
        decisions.change(account_id(), client, request.form.getlist("claim"))
        flash(_("Saved. %(name)s sees only what you ticked.", name=client.name))
        return redirect(url_for("consent.services"), 303)
    shown = items(account_id(), client_id, live.asked_claims, request.path)
    needed = decisions.needed(client, live)
    return render(
        "consent/service.html",
        form=form,
        client=client,
        live=live,
        needed=[item for item in shown if item.name in needed],
        optional=[item for item in shown if item.name not in needed and item.worth_a_line],
        several=len(_in_use()) > 1,
    )


@consent.route("/account/services/<client_id>/email", methods=("GET", "POST"))
@signed_in
def email(client_id: str) -> Response:
    """Choose which address the app receives."""
    decisions.demand(account_id(), client_id)
    client, form = clients.demand(client_id), EmailForm(email=receiving.chosen(account_id(), client_id) or MAIN)
    form.email.choices = [(MAIN, _("Always my main address")), *((one.id, one.email) for one in _in_use())]
    if form.validate_on_submit():
        with acting("resident"):
            addresses.choose_for(account_id(), client_id, form.email.data if form.email.data != MAIN else "")
        flash(_("Saved."))
        return redirect(url_for("consent.services"), 303)
    return render("consent/email.html", form=form, client=client)


@consent.route("/account/services/<client_id>/withdraw", methods=("GET", "POST"))
@signed_in
def withdraw(client_id: str) -> Response:
    """Say what stopping means, then stop."""
    decisions.demand(account_id(), client_id)
    client, form = clients.demand(client_id), WithdrawForm()
    if form.validate_on_submit():
        decisions.withdraw(account_id(), client_id)
        flash(_("Stopped. %(name)s can no longer read anything from your account.", name=client.name))
        return redirect(url_for("consent.services"), 303)
    return render("consent/withdraw.html", form=form, client=client)


@consent.post("/account/services/<client_id>/sign-out")
@signed_in
def sign_out(client_id: str) -> Response:
    """End the sign-in at one app. The resident stays signed in here and elsewhere."""
    decisions.demand(account_id(), client_id)
    client = clients.demand(client_id)
    if not SignOutForm().validate_on_submit():
        return redirect(url_for("consent.service", client_id=client_id), 303)
    with acting("resident"):
        visits = lifecycle.sign_out_of(account_id(), client_id)
    flash(
        _(
            "You are signed out of %(name)s. If it still looks as if you were signed in, sign out there too.",
            name=client.name,
        )
    )
    return farewell([one.frame for one in visits if one.frame], url_for("consent.services"))


def _in_use() -> list[AddressView]:
    return [one for one in addresses.of(account_id()) if one.good]


def _card(app: Client, live: Live) -> dict[str, Any]:
    return {
        "client": app,
        "href": url_for("consent.service", client_id=app.id),
        "sees": in_words(live.granted_claims),
        "live": live,
    }
