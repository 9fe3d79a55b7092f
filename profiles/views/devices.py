"""Devices and sign-ins: where the resident is signed in, and the ends of it."""

from __future__ import annotations

from dataclasses import dataclass

from babel.lists import format_list
from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp import lifecycle
from idp.audit.actor import acting
from idp.clients import service as clients
from idp.kernel.errors import NotFound
from idp.kernel.registry import registry
from idp.sessions import service as sessions
from idp.sessions.current import account_id, here
from idp.sessions.guards import signed_in
from idp.sessions.service import SessionFacts
from idp.tokens.visits import apps_of
from idp.web import i18n
from idp.web.farewell import farewell
from idp.web.forms import Form
from idp.web.pages import render
from profiles.views.blueprint import desk


@dataclass(frozen=True, slots=True)
class SignIn:
    """One live session as its resident sees it. ``methods`` and ``apps`` are lists in the reader's language."""

    facts: SessionFacts
    here: bool
    methods: str
    apps: str


@desk.get("/devices")
@signed_in
def devices() -> Response:
    """Every sign-in that lasts, this one first."""
    live = sorted(sessions.sessions_of(account_id()), key=lambda one: one.id != here().id)
    visited = apps_of([one.id for one in live])
    return render("profiles/devices.html", sign_ins=[_shown(one, visited.get(one.id, ())) for one in live])


@desk.post("/devices/<session_id>/end")
@signed_in
def end_device(session_id: str) -> Response:
    """End one sign-in, and tell the apps that it was used at."""
    if session_id not in sessions.standing(account_id()):
        raise NotFound(_("This sign-in has ended already, or is not yours."))
    if Form().validate_on_submit():
        with acting("resident"):
            lifecycle.end_session(session_id)
        flash(_("That device is signed out."))
    return redirect(url_for("profiles.devices"), 303)


@desk.post("/devices/end-others")
@signed_in
def end_other_devices() -> Response:
    """End every sign-in but this one."""
    if Form().validate_on_submit():
        with acting("resident"):
            lifecycle.end_other_sessions(account_id(), keep=here().id)
        flash(_("You are signed out everywhere else."))
    return redirect(url_for("profiles.devices"), 303)


@desk.post("/devices/end-all")
@signed_in
def end_all_devices() -> Response:
    """End every sign-in and token, and this browser's too."""
    if not Form().validate_on_submit():
        return redirect(url_for("profiles.devices"), 303)
    with acting("resident"):
        visits = lifecycle.leave(here().id, account_id())
        lifecycle.sign_out(account_id())
    return farewell([one.frame for one in visits if one.frame], url_for("signin.signed_out"))


def _shown(facts: SessionFacts, visited: tuple[str, ...]) -> SignIn:
    known = registry().methods
    methods = [str(known[name].label) for name in facts.methods if name in known]
    apps = [client.name for each in visited if (client := clients.find(each)) is not None]
    return SignIn(facts, facts.id == here().id, _listed(methods), _listed(apps))


def _listed(names: list[str]) -> str:
    return format_list(names, locale=i18n.locale())
